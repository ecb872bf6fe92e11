"""A transposed convolution as a plain one, of stride 1, over a map with zeros between its elements.

Its kernel is turned around, and it pads with what the window reaches beyond the map less the
padding that is cut off. Where that is below 0, the copy is cut instead.
"""

from __future__ import annotations

from ..ir.dims import Sides
from ..ir.layers import ConvTranspose2d
from .program import Size


def is_spread(layer: ConvTranspose2d) -> bool:
    """Whether a copy has zeros between the elements, or is cut."""
    return layer.stride != (1, 1) or any(_is_cut(layer, axis) for axis in (0, 1))


def padding(layer: ConvTranspose2d) -> Sides:
    """Of the plain convolution."""
    (above, below), (left, right) = (
        (0, 0) if _is_cut(layer, axis) else _reach(layer, axis) for axis in (0, 1)
    )
    return above, below, left, right


def spread_size(layer: ConvTranspose2d, size: Size) -> Size:
    """Of the copy of a map of `size`."""
    return len(sources(layer, 0, size[0])), len(sources(layer, 1, size[1]))


def sources(layer: ConvTranspose2d, axis: int, size: int) -> list[int]:
    """Which row (axis 0) or column (1) of the map each one of the copy is; -1 for zeros."""
    stride = layer.stride[axis]
    places = range((size - 1) * stride + 1)
    before, after = _reach(layer, axis) if _is_cut(layer, axis) else (0, 0)
    copied = range(-before, len(places) + after)
    return [at // stride if at in places and at % stride == 0 else -1 for at in copied]


def _is_cut(layer: ConvTranspose2d, axis: int) -> bool:
    return min(_reach(layer, axis)) < 0


def _reach(layer: ConvTranspose2d, axis: int) -> Size:
    """How far windows reach before the first and behind the last element."""
    before = layer.dilation[axis] * (layer.kernel[axis] - 1) - layer.padding[axis]
    return before, before + layer.output_padding[axis]
