"""What layers ask of the shapes that they meet."""

from __future__ import annotations

from functools import lru_cache

from ...support.errors import ShapeError
from ..dims import Dim, Shape, Window, can_equal, format_shape, require_at_least
from ..layer import Layer


def map_of(layer: Layer, shape: Shape) -> Shape:
    if len(shape) != 3:
        raise ShapeError(f"{layer.kind} takes a (C, H, W) map, not {format_shape(shape)}")
    return shape


def require_positive(what: str, size: Dim) -> None:
    if not require_at_least(size, 1):
        raise ShapeError(f"{what} = {size} is below 1")


def expect(what: str, wanted: Dim, given: Dim) -> None:
    if not can_equal(given, wanted):
        raise ShapeError(f"the layer has {wanted} {what}, but meets {given}")


def slid(window: Window, height: Dim, width: Dim) -> tuple[Dim, Dim]:
    below, right = _output(window, height, width)
    if not (require_at_least(below, 1) and require_at_least(right, 1)):
        raise ShapeError(
            f"a {format_shape(window.kernel)} window with padding {format_shape(window.padding)} "
            f"does not fit a map of {format_shape((height, width))}"
        )
    return below, right


@lru_cache(maxsize=4096)  # networks slide few windows over few sizes, again and again
def _output(window: Window, height: Dim, width: Dim) -> tuple[Dim, Dim]:
    too_low = min(window.kernel + window.stride + window.dilation) < 1
    if too_low or any(isinstance(pad, int) and pad < 0 for pad in window.padding):
        raise ShapeError(f"{window} has a kernel, stride or dilation below 1, or padding below 0")
    return window.output(height, width)
