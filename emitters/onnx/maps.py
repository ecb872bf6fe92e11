"""What moves, cuts, pads or resizes maps."""

from __future__ import annotations

import numpy as np

from ...ir.dims import Pair
from ...ir.layers import Resize
from .layer import LayerWriter, sizes

_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge"}
_RESIZED = {"bilinear": "linear", "bicubic": "cubic"}
_MOST = 100_000
"""Rows or columns whose sources are compared one by one."""
_NEAR = 9
"""Numbers of single precision next to one another."""


def slice_channels(at: LayerWriter) -> None:
    values = at.values
    ends = (at.whole("starts", values["start"]), at.whole("ends", values["stop"]))
    axes = at.whole("axes", 1)
    steps = (at.whole("steps", values["step"]),) if values["step"] != 1 else ()
    at.op("Slice", at.x, *ends, axes, *steps)


def crop(at: LayerWriter) -> None:
    above, below, left, right = at.values["edges"]
    height, width = sizes(at.before)
    starts, ends = at.whole("starts", above, left), at.whole("ends", height - below, width - right)
    stride = at.values["stride"]
    steps = (at.whole("steps", *stride),) if stride != (1, 1) else ()
    at.op("Slice", at.x, starts, ends, at.whole("axes", 2, 3), *steps)


def pad_channels(at: LayerWriter) -> None:
    _pad(at, (0, at.values["before"], 0, 0, 0, at.values["after"], 0, 0))


def pad(at: LayerWriter) -> None:
    above, below, left, right = at.values["padding"]
    sides = (0, 0, above, left, 0, 0, below, right)
    _pad(at, sides, _MODES[at.values["mode"]], at.values["value"])


def _pad(
    at: LayerWriter, sides: tuple[int, ...], mode: str = "constant", value: float = 0.0
) -> None:
    filled = (at.number("value", value),) if value else ()
    at.op("Pad", at.x, at.whole("pads", *sides), *filled, mode=mode)


def channel_shuffle(at: LayerWriter) -> None:
    """The groups as rows of a table, which is read by columns."""
    channels, *size = at.shape
    groups = at.values["groups"]
    x = at.op("Reshape", at.x, at.whole("table", 0, groups, channels // groups, *size))
    x = at.op("Transpose", x, perm=(0, 2, 1, 3, 4))
    at.op("Reshape", x, at.whole("shape", 0, channels, *size))


def pixel_shuffle(at: LayerWriter) -> None:
    at.op("DepthToSpace", at.x, blocksize=at.values["factor"], mode="CRD")


def pixel_unshuffle(at: LayerWriter) -> None:
    """ONNX's operator has the channels in another order."""
    factor, channels = at.values["factor"], at.before[0]
    rows, columns = sizes(at.shape)
    blocks = at.whole("blocks", 0, channels, rows, factor, columns, factor)
    x = at.op("Transpose", at.op("Reshape", at.x, blocks), perm=(0, 1, 3, 5, 2, 4))
    at.op("Reshape", x, at.whole("shape", 0, *at.shape))


def resize(at: LayerWriter) -> None:
    """By factors, or to a size; nearest pixels that rounding could miss are named one by one."""
    layer = at.node.layer
    if not isinstance(layer, Resize):
        raise TypeError(f"{at.node.name} resizes nothing")
    size, goal = sizes(at.before), sizes(at.shape)
    if layer.mode == "nearest" and not all(_is_plain(layer, axis, size, goal) for axis in (0, 1)):
        _picked(at, layer, size, goal)
        return
    factors = _factors(layer, size, goal)
    end = [at.scales("scales", 1, 1, *factors)] if factors else ["", _sizes(at, goal)]
    at.op("Resize", at.x, "", *end, **_way(layer))


def _way(layer: Resize) -> dict[str, object]:
    """The attributes of a resize that does as PyTorch does."""
    if layer.mode == "nearest":
        asymmetric = "asymmetric"
        return {"coordinate_transformation_mode": asymmetric, "nearest_mode": "floor"}
    aligned = {"coordinate_transformation_mode": "align_corners"} if layer.align_corners else {}
    return {"mode": _RESIZED[layer.mode], **aligned}


def _factors(layer: Resize, size: Pair, goal: Pair) -> tuple[float, float] | None:
    """The factors in single precision; None where sizes say better what is meant."""
    if layer.factor is None:
        return None
    exact = all(n * f == to for n, f, to in zip(size, layer.factor, goal, strict=True))
    if layer.align_corners and not exact:
        return None
    first, second = (_single(*each) for each in zip(size, layer.factor, goal, strict=True))
    return (first, second) if first and second else None


def _single(size: int, factor: float, goal: int) -> float | None:
    """The nearest number to a factor by which a size is the wanted one; None if none is near."""
    value = np.float32(factor)
    for _ in range(_NEAR):
        given = int(np.float32(size) * value)
        if given == goal:
            return float(value)
        value = np.nextafter(value, np.float32(np.inf if given < goal else 0))
    return None


def _sizes(at: LayerWriter, goal: Pair) -> str:
    """All sizes of the output: the batch and the channels are those of the input."""
    first = (at.whole("first", 0), at.whole("second", 2))
    kept = at.op("Slice", at.op("Shape", at.x), *first)
    return at.op("Concat", kept, at.whole("size", *goal), axis=0)


def _is_plain(layer: Resize, axis: int, size: Pair, goal: Pair) -> bool:
    """Whether runtimes find the pixels that PyTorch takes, however they round."""
    before, after = size[axis], goal[axis]
    is_exact = layer.factor is None or before * layer.factor[axis] == after
    if (after % before == 0 and is_exact) or after > _MOST:
        return True
    factors = _factors(layer, size, goal)
    scale = factors[axis] if factors else after / before
    places = np.arange(after)
    ways = [
        np.floor(places / scale),
        np.floor(places.astype(np.float32) / np.float32(scale)),
        np.floor(places.astype(np.float32) * np.float32(1 / scale)),
    ]
    wanted = _copied(layer, axis, size, goal)
    return all(np.array_equal(np.minimum(way, before - 1), wanted) for way in ways)


def _copied(layer: Resize, axis: int, size: Pair, goal: Pair) -> list[int]:
    """The rows (axis 0) or columns that those of a nearest map are copies of."""
    return [layer.copied(place, axis, size[axis], goal[axis]) for place in range(goal[axis])]


def _picked(at: LayerWriter, layer: Resize, size: Pair, goal: Pair) -> None:
    rows = at.whole("rows", *_copied(layer, 0, size, goal))
    columns = at.whole("columns", *_copied(layer, 1, size, goal))
    at.op("Gather", at.op("Gather", at.x, rows, axis=2), columns, axis=3)
