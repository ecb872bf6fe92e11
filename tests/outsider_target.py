"""A target of another package: a list of layers, or a folder of one file for each layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from henet_arch.emitters import Target, option

from henet_arch.ir.model import Model


@dataclass(frozen=True)
class Outsider(Target):
    """The layers' names as text."""

    name = "outsider"
    endings = (".layers", ".lay")
    writes_folders = True
    prefix: ClassVar[str] = ""
    """What comes before the names of files."""

    width: int = option(80, "Characters of a line")
    marks: str | None = option(None, "What comes before a name", ("dash", "star"))
    upper: bool = option(False, "Write capitals")

    def emit(self, model: Model) -> dict[str, bytes]:
        mark = {"dash": "- ", "star": "* "}.get(self.marks or "", "")
        lines = [f"{mark}{node.name}"[: self.width] for node in model.graph]
        text = "\n".join(line.upper() if self.upper else line for line in lines) + "\n"
        if self.folder:
            return {f"{self.prefix}{node.name}.txt": text.encode() for node in model.graph}
        return {f"{self.prefix}net.layers": text.encode(), "net.more": b"\xff"}


TARGET = Outsider
