"""A target: the names of the layers, line by line."""

from __future__ import annotations

from dataclasses import dataclass

from henet_arch.emitters import Target, option

from henet_arch.ir.model import Model


@dataclass(frozen=True)
class OutLang(Target):
    """The names of the layers."""

    name = "outlang"
    endings = (".outlang",)
    upper: bool = option(False, "Write capitals")

    def emit(self, model: Model) -> dict[str, bytes]:
        text = "".join(f"{node.name}\n" for node in model.graph)
        return {"net.outlang": (text.upper() if self.upper else text).encode()}


TARGET = OutLang
