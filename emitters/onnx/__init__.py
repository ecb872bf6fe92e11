"""Emits a graph as an ONNX file of standard operators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...ir.model import Model
from ...support.errors import EmitError
from ...support.optional import need
from .._initial import INITS, check_init
from .._target import Target, option
from .versions import OLDEST

_MOST_IMAGES = 1_000_000
"""In a batch of a fixed size."""


@dataclass(frozen=True)
class Onnx(Target):
    """One file with its weights, or a small one that refers to a safetensors file beside it."""

    name = "onnx"
    endings = (".onnx",)

    opset: int | None = option(None, "The version of the operators; else the lowest that fits")
    batch: int | None = option(None, "How many images at once; else that is open")
    fold: bool = option(False, "Whether batch norms become part of the layers before them")
    external: bool = option(False, "Whether the weights are a safetensors file beside it")
    init: str | None = option(None, "How random weights start: kaiming", INITS)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.opset is not None and self.opset < OLDEST:
            raise EmitError(
                f"opset {self.opset} is below {OLDEST}",
                why="older ones have other operators, which are not written",
                fix=f"use opset={OLDEST} or above, or leave it out",
            )
        if self.batch is not None and not 1 <= self.batch <= _MOST_IMAGES:
            raise EmitError(
                f"batch={self.batch} is no number of images", fix=f"use 1 to {_MOST_IMAGES:,}"
            )

    @property
    def initial_weights(self) -> str | None:
        return self.init or "kaiming"

    @property
    def describes_images(self) -> bool:
        return True

    def emit(self, model: Model) -> dict[str, bytes]:
        """The ONNX file, and the weights where they lie beside it.

        Raises:
            EmitError: ONNX, or the opset, has no such layer or size; or the weights are missing,
                not finite, or too many for one file.
            ExtraError: onnx, or for `external` safetensors, is not installed.
        """
        for package in ("onnx", "numpy"):
            need(package, "onnx")
        from .writing import files

        check_init(self.init, model)
        return files(model, self)

    def renamed(self, files: Mapping[str, bytes], stem: str) -> Mapping[str, bytes]:
        if not self.external:
            return files
        from .writing import relocated

        return relocated(files, stem)


TARGET = Onnx
