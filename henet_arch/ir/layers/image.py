"""Where images come in."""

from __future__ import annotations

from ...support.errors import ShapeError
from ..dims import Shape, format_shape, require_at_least
from ..layer import Layer, kind


@kind("input")
class Input(Layer):
    """The image, `() -> (C, H, W)`."""

    shape: Shape
    arity = (0, 0)

    def infer(self, *inputs: Shape) -> Shape:
        if not all(require_at_least(size, 1) for size in self.shape):
            raise ShapeError(f"input {format_shape(self.shape)} has a size below 1")
        return self.shape
