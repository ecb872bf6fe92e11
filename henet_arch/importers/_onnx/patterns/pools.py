"""Pools that ONNX has no operator for, as our own files and others spell them out."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from ....ir.layers import AdaptiveAvgPool2d
from ....support.optional import need
from ..constant import MOST, Constant
from ..network import Op, Value
from ..rewriting import inner, instead, number, sides, sole
from ..shapes.moves import pad_sides
from ..shapes.products import reduced_axes

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CLOSE = 5e-3
"""How far a share may be off in 16 bits."""


def padded(op: Op) -> Op | None:
    """A mean over windows whose padding, which counts, is an operator of its own."""
    before = inner(op.value(0), "Pad") if op.kind == "AveragePool" and not op.domain else None
    if before is None or before.has(2) or before.text("mode", "constant") != "constant":
        return None
    around = pad_sides(before)
    if len(around) != 4 or any(map(any, around[:2])) or any(op.integers("pads") or ()):
        return None
    (above, below), (left, right) = around[2:]
    more = {"pads": (above, left, below, right), "count_include_pad": 1}
    return instead(op, "AveragePool", before.value(0), {**op.attributes, **more})


def divided(op: Op) -> Op | None:
    """Sums over windows, which are divided by another number than their elements."""
    pair = sides(op) if op.kind == "Mul" and not op.domain else None
    before = inner(pair[0], "AveragePool") if pair else None
    share = number(pair[1]) if pair else None
    if before is None or not share or not before.integer("count_include_pad"):
        return None
    divisor = round(prod(before.integers("kernel_shape") or ()) / share)
    return instead(op, "AveragePool", before.value(0), {**before.attributes, "divisor": divisor})


def adaptive_average(op: Op) -> Op | None:
    """A product with the share that each window has of each row, and of each column."""
    if op.kind != "MatMul" or op.domain:
        return None
    before = sole(op.value(0), "MatMul")
    if before is None or not _is_map(before.value(1)):
        return None
    rows, columns = before.value(0).constant, op.value(1).constant
    if rows is None or columns is None:
        return None
    *_, height, width = before.shape(1)
    if len(rows.shape) != 2 or len(columns.shape) != 2:
        return None
    fits = _shares(rows.transposed(), height) and _shares(columns, width)
    return instead(op, "AdaptiveAveragePool", before.value(1)) if fits else None


def _shares(constant: Constant, size: int) -> bool:
    """Whether each column says which elements of `size` a window is the mean of."""
    np = need("numpy", "onnx")
    if constant.bytes > MOST:
        return False
    windows = _windows(size, constant.shape[1])
    wanted = np.zeros((size, len(windows)))
    for place, window in enumerate(windows):
        wanted[window, place] = 1 / len(window)
    given = constant.read()
    same: bool = np.array_equal(given != 0, wanted != 0) and np.allclose(given, wanted, _CLOSE, 0)
    return same


def adaptive_largest(op: Op) -> Op | None:
    """The largest of the rows that are looked up for each window, and then of the columns."""
    columns = _looked_up(op, 3)
    first = sole(columns.value(0), "ReduceMax") if columns else None
    rows = _looked_up(first, 2) if first else None
    if columns is None or rows is None or not _is_map(rows.value(0)):
        return None
    for axis, each in ((2, rows), (3, columns)):
        if not _members(each.value(1).constant, rows.shape()[axis]):
            return None
    return instead(op, "AdaptiveMaxPool", rows.value(0))


def _looked_up(op: Op, axis: int) -> Op | None:
    """The look-up of windows along an axis, of which the operator takes the largest."""
    if op.kind != "ReduceMax" or op.domain or op.integer("keepdims", 1):
        return None
    gather = sole(op.value(0), "Gather")
    if gather is None or reduced_axes(op) != {axis + 1} or gather.integer("axis") != axis:
        return None
    return gather


def _members(constant: Constant | None, size: int) -> bool:
    """Whether each row names the elements of a window; one may be named more than once."""
    if constant is None or len(constant.shape) != 2 or constant.bytes > MOST:
        return False
    given: NDArray[Any] = constant.read()
    windows = _windows(size, constant.shape[0])
    return all(set(row.tolist()) == set(w) for row, w in zip(given, windows, strict=True))


def _windows(size: int, count: int) -> list[range]:
    """The windows that divide `size` elements."""
    layer = AdaptiveAvgPool2d((count, count))
    return [layer.places(place, 0, size, count) for place in range(count)]


def _is_map(value: Value) -> bool:
    return value.rank == 4 and value.batched


REWRITES = (padded, divided, adaptive_average, adaptive_largest)
