"""Pools: over windows, over windows that divide the map, over the map, over the channels."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np
from numpy.typing import NDArray

from ...ir.dims import Pair, Window
from ...support.errors import LimitError
from .layer import LayerWriter, onnx_pads, sizes
from .norms import reduced

_MOST = 10_000_000
"""Elements of a table of windows."""
Pads = list[int]
"""Above, left, below and right."""


def along_channels(kind: str) -> Callable[[LayerWriter], object]:
    return lambda at: reduced(at, kind, at.x, 1)


def largest(at: LayerWriter) -> None:
    _pool(at, "MaxPool", at.x, onnx_pads(at.values["padding"]))


def average(at: LayerWriter) -> None:
    """A mean over what its window has of the map, and of the padding where that counts.

    What the last window has beyond the padding never counts, which ONNX's versions and runtimes
    disagree on where padding does; then the padding is an operator of its own.
    """
    values = at.values
    pads, over = onnx_pads(values["padding"]), _over(at)
    if values["divisor_override"] is not None:
        _divided(at, pads, over)
    elif any(over) and any(pads) and values["count_include_pad"]:
        _pool(at, "AveragePool", _padded(at, pads), [0] * 4)
    else:
        counted = {"count_include_pad": 1} if values["count_include_pad"] and any(pads) else {}
        _pool(at, "AveragePool", at.x, pads, **counted)


def _divided(at: LayerWriter, pads: Pads, over: Pair) -> None:
    """Whole windows, whose sums are divided by another number than their elements."""
    x = at.x
    if any(over):
        x = _padded(at, [*pads[:2], pads[2] + over[0], pads[3] + over[1]])
        pads = [0] * 4
    window = {"kernel_shape": at.values["kernel"], "strides": at.values["stride"]}
    x = at.op("AveragePool", x, pads=pads, count_include_pad=1, **window)
    share = prod(at.values["kernel"]) / at.values["divisor_override"]
    at.op("Mul", x, at.number("share", share))


def _padded(at: LayerWriter, pads: Pads) -> str:
    return at.op("Pad", at.x, at.whole("pads", 0, 0, *pads[:2], 0, 0, *pads[2:]))


def _pool(at: LayerWriter, kind: str, x: str, pads: Pads, **attributes: object) -> None:
    """A pool, which rounds up where ONNX's rule gives the size.

    PyTorch drops a window that begins in the padding. Versions and runtimes disagree on that; where
    it is one along one axis alone, what the other needs to round up is padding.
    """
    up, over = _rounded(at, 1), _over(at)
    if up == at.shape[1:] and at.values["ceil_mode"]:
        attributes["ceil_mode"] = 1
    elif _rounded(at, 0) != at.shape[1:]:
        pads = [*pads[:2], pads[2] + over[0], pads[3] + over[1]]
    window = {"kernel_shape": at.values["kernel"], "strides": at.values["stride"]}
    at.op(kind, x, pads=pads, **window, **attributes)


def _window(at: LayerWriter) -> Window:
    window = at.node.layer.window
    if window is None:
        raise TypeError(f"{at.node.name} slides over nothing")
    return window


def _over(at: LayerWriter) -> Pair:
    """How far the last windows reach beyond the padding behind the map."""
    window = _window(at)
    first, second = (
        (after - 1) * window.stride[axis] + window.kernel[axis] - before - sum(window.sides(axis))
        for axis, (before, after) in enumerate(zip(sizes(at.before), sizes(at.shape), strict=True))
    )
    return max(0, first), max(0, second)


def _rounded(at: LayerWriter, up: int) -> Pair:
    """How many windows there are by ONNX's rule, rounded down, or up for 1."""
    window = _window(at)
    rooms = (
        before + sum(window.sides(axis)) - window.kernel[axis]
        for axis, before in enumerate(sizes(at.before))
    )
    first, second = (
        (-(-room // stride) if up else room // stride) + 1
        for room, stride in zip(rooms, window.stride, strict=True)
    )
    return first, second


def adaptive_average(at: LayerWriter) -> None:
    """Windows of one size are a pool; others a product with the share of each row and column."""
    if at.values["size"] == (1, 1):
        at.op("GlobalAveragePool", at.x)
    elif not _is_even(at, "AveragePool"):
        rows, columns = (_shares(at, axis) for axis in (0, 1))
        x = at.op("MatMul", at.reals("rows", rows), at.x)
        at.op("MatMul", x, at.reals("columns", columns.T))


def adaptive_largest(at: LayerWriter) -> None:
    """Windows of one size are a pool; of others the rows and then the columns are looked up."""
    if at.values["size"] == (1, 1):
        at.op("GlobalMaxPool", at.x)
    elif not _is_even(at, "MaxPool"):
        x = at.x
        for axis, what in enumerate(("rows", "columns")):
            x = at.op("Gather", x, at.indices(what, _members(at, axis)), axis=2 + axis)
            x = reduced(at, "ReduceMax", x, 3 + axis, keep=False)


def _is_even(at: LayerWriter, kind: str) -> bool:
    """Write a pool where all windows have one size, and say whether they have."""
    size, goal = sizes(at.before), sizes(at.shape)
    if any(before % after for before, after in zip(size, goal, strict=True)):
        return False
    window = [before // after for before, after in zip(size, goal, strict=True)]
    at.op(kind, at.x, kernel_shape=window, strides=window)
    return True


def _windows(at: LayerWriter, axis: int) -> list[range]:
    """The rows (axis 0) or columns that each window reads."""
    before, after = sizes(at.before)[axis], sizes(at.shape)[axis]
    if before * after > _MOST:
        raise LimitError(
            f"{after:,} windows over {before:,} elements are more than a table holds",
            where=at.node.name,
            fix="a size that divides the map",
        )
    reads = (at.node.layer.places(place, axis, before, after) for place in range(after))
    return [window for window in reads if window is not None]


def _shares(at: LayerWriter, axis: int) -> NDArray[np.float64]:
    """What each row or column (down) takes of each of the map's (across)."""
    windows = _windows(at, axis)
    shares = np.zeros((len(windows), sizes(at.before)[axis]))
    for share, window in zip(shares, windows, strict=True):
        share[window] = 1 / len(window)
    return shares


def _members(at: LayerWriter, axis: int) -> NDArray[np.int64]:
    """The rows or columns of each window; of one that is shorter, the last more than once."""
    windows = _windows(at, axis)
    longest = np.arange(max(map(len, windows)))
    return np.array([np.minimum(window.start + longest, window[-1]) for window in windows])
