"""A nearest map whose rows and columns are looked up one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf

from ....ir.layers import Resize
from ..network import Op, Sizes
from ..rewriting import instead, sole

_MOST = 100_000
"""Rows or columns that are compared one by one."""
_DIGITS = 17
"""Of a factor that is looked for; those of Python's numbers."""


def nearest(op: Op) -> Op | None:
    """The columns of the rows that a nearest map takes."""
    if op.kind != "Gather" or op.domain:
        return None
    rows = sole(op.value(0), "Gather")
    if rows is None or (rows.integer("axis"), op.integer("axis")) != (2, 3):
        return None
    x, after = rows.value(0), op.output.shape or ()
    if x.rank != 4 or not x.batched or len(after) != 4 or max(after) > _MOST:
        return None
    constants = [each.value(1).constant for each in (rows, op)]
    taken = [constant.read().ravel().tolist() for constant in constants if constant is not None]
    if len(taken) < 2:
        return None
    layer = _resize(taken, rows.shape()[2:])
    if layer is None:
        return None
    attributes = {"factors": layer.factor} if layer.factor else {}
    return instead(op, "NearestResize", x, attributes)


def _resize(taken: Sequence[Sequence[int]], before: Sizes) -> Resize | None:
    """The resize that takes these rows and columns: to their numbers, or by factors."""
    rows, columns = taken
    layer = Resize(size=(len(rows), len(columns)))
    if all(_takes(layer, axis, each, before[axis]) for axis, each in enumerate(taken)):
        return layer
    found = [_factor(axis, each, before[axis]) for axis, each in enumerate(taken)]
    first, second = found
    return Resize((first, second)) if first and second else None


def _takes(layer: Resize, axis: int, taken: Sequence[int], before: int) -> bool:
    after = len(taken)
    return all(layer.copied(n, axis, before, after) == each for n, each in enumerate(taken))


def _factor(axis: int, taken: Sequence[int], before: int) -> float | None:
    """A short factor by which these are taken; None where there is none."""
    for factor in _factors(taken, before):
        if factor > 0 and _takes(Resize((factor, factor)), axis, taken, before):
            return factor
    return None


def _factors(taken: Sequence[int], before: int) -> Iterator[float]:
    """The ratio of the sizes, and others that take no other place, the short ones first."""
    yield len(taken) / before
    low = max((n / (at + 1) for n, at in enumerate(taken) if at < before - 1), default=0.0)
    high = min((n / at for n, at in enumerate(taken) if at), default=inf)
    if high < inf:
        for digits in range(1, _DIGITS):
            for value in ((low + high) / 2, high, low):
                yield float(f"{value:.{digits}g}")


REWRITES = (nearest,)
