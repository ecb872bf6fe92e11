"""Convolutions and pools over maps."""

from __future__ import annotations

from ....ir.attributes import by_side
from ....ir.layer import Layer
from ....ir.layers import (
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    AvgPool2d,
    ChannelMax,
    ChannelMean,
    Conv2d,
    ConvTranspose2d,
    Flatten,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    MaxPool2d,
)
from ..constant import Constant
from ..network import Op
from ..shapes.products import reduced_axes
from ..shapes.windows import dilations, pads, strides, transposed_pads
from .part import Mapper, Part, chain, constants, single

Sides = list[tuple[int, int]]


def convolution(op: Op) -> list[Part] | None:
    held = _weights(op)
    if held is None:
        return None
    out_channels, per_group, *kernel = held["weight"].shape
    groups = op.integer("group", 1)
    (above, below), (left, right) = pads(op, op.shape()[2:], tuple(kernel))
    layer = Conv2d(
        per_group * groups,
        out_channels,
        (kernel[0], kernel[1]),
        _pair(strides(op, 2)),
        by_side(above, below, left, right),
        _pair(dilations(op, 2)),
        groups,
        "bias" in held,
    )
    return single(op, layer, **held)


def transposed_convolution(op: Op) -> list[Part] | None:
    held = _weights(op)
    if held is None:
        return None
    in_channels, per_group, *kernel = held["weight"].shape
    sides = transposed_pads(op, op.shape()[2:], tuple(kernel))
    given = op.integers("output_padding") or (0, 0)
    more = tuple(given[axis] + sides[axis][0] - sides[axis][1] for axis in (0, 1))
    if min(more) < 0:
        return None
    groups = op.integer("group", 1)
    layer = ConvTranspose2d(
        in_channels,
        per_group * groups,
        (kernel[0], kernel[1]),
        _pair(strides(op, 2)),
        (sides[0][0], sides[1][0]),
        _pair(more),
        _pair(dilations(op, 2)),
        groups,
        "bias" in held,
    )
    return single(op, layer, **held)


def _weights(op: Op) -> dict[str, Constant] | None:
    """The weight and the bias of a convolution of maps."""
    indices = (1, 2) if op.has(2) else (1,)
    held = constants(op, *indices)
    if held is None or len(held[0].shape) != 4:
        return None
    return dict(zip(("weight", "bias"), held, strict=False))


def _pair(sizes: tuple[int, ...]) -> tuple[int, int]:
    first, second = sizes
    return first, second


def average_pool(op: Op) -> list[Part] | None:
    if max(dilations(op, op.value(0).rank - 2)) > 1 or op.value(0).rank != 4:
        return None
    counted = bool(op.integer("count_include_pad"))
    sides, ceil = _pool_sides(op, exact=counted)
    kernel = op.integers("kernel_shape") or ()
    padding = by_side(*sides[0], *sides[1])
    counted = counted or not any(map(any, sides))
    divisor = op.integer("divisor") or None
    layer = AvgPool2d(_pair(kernel), _pair(strides(op, 2)), padding, ceil, counted, divisor)
    return single(op, layer)


def max_pool(op: Op) -> list[Part] | None:
    rank = op.value(0).rank
    read = any(value.users for value in op.outputs[1:])
    if rank != 4 or max(dilations(op, 2)) > 1 or read:
        return None
    sides, ceil = _pool_sides(op, exact=False)
    kernel = op.integers("kernel_shape") or ()
    layer = MaxPool2d(_pair(kernel), _pair(strides(op, 2)), by_side(*sides[0], *sides[1]), ceil)
    return single(op, layer)


def _pool_sides(op: Op, *, exact: bool) -> tuple[Sides, bool]:
    """The padding of a pool, and whether it rounds up.

    Where the padding differs by side and sizes are rounded up, it becomes as much as the last
    window needs; but if `exact`, since elements in the padding count.
    """
    sizes, kernel = op.shape()[2:], op.integers("kernel_shape") or ()
    sides = pads(op, sizes, kernel)
    ceil = bool(op.integer("ceil_mode"))
    if not ceil or all(before == after for before, after in sides):
        return sides, ceil
    wanted = []
    goals = (op.output.shape or ())[2:]
    for size, width, stride, (before, after), goal in zip(
        sizes, kernel, strides(op, len(kernel)), sides, goals, strict=True
    ):
        over = (goal - 1) * stride + width - size - before - after
        wanted.append((before, after + max(0, over)))
    return (sides, ceil) if exact and wanted != sides else (wanted, False)


def adaptive_pool(kind: type[AdaptiveAvgPool2d | AdaptiveMaxPool2d]) -> Mapper:
    """What the patterns make of windows that divide a map."""
    return lambda op: single(op, kind(_pair((op.output.shape or ())[2:])))


def global_pool(layer: Layer) -> Mapper:
    return lambda op: single(op, layer) if op.value(0).rank == 4 else None


def reduction(whole: Layer, channels: Layer) -> Mapper:
    """A reduction over the map or over the channels."""

    def mapper(op: Op) -> list[Part] | None:
        if op.value(0).rank != 4:
            return None
        axes, keep = reduced_axes(op), op.integer("keepdims", 1)
        if axes == {2, 3}:
            return chain(op, whole) if keep else chain(op, whole, Flatten())
        return single(op, channels) if axes == {1} and keep else None

    return mapper


MAPPERS: dict[str, Mapper] = {
    "AdaptiveAveragePool": adaptive_pool(AdaptiveAvgPool2d),
    "AdaptiveMaxPool": adaptive_pool(AdaptiveMaxPool2d),
    "AveragePool": average_pool,
    "Conv": convolution,
    "ConvTranspose": transposed_convolution,
    "GlobalAveragePool": global_pool(GlobalAvgPool2d()),
    "GlobalMaxPool": global_pool(GlobalMaxPool2d()),
    "MaxPool": max_pool,
    "ReduceMax": reduction(GlobalMaxPool2d(), ChannelMax()),
    "ReduceMean": reduction(GlobalAvgPool2d(), ChannelMean()),
}
