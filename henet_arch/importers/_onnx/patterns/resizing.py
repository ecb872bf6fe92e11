"""A nearest map whose rows and columns are looked up one by one."""

from __future__ import annotations

from ....ir.layers import Resize
from ..network import Op
from ..rewriting import sole

_MOST = 100_000
"""Rows or columns that are compared one by one."""


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
    before = rows.shape()
    layer = Resize(size=(after[2], after[3]))
    for axis, each in enumerate((rows, op)):
        constant = each.value(1).constant
        size, goal = before[2 + axis], after[2 + axis]
        wanted = [layer.copied(place, axis, size, goal) for place in range(goal)]
        if constant is None or constant.read().tolist() != wanted:
            return None
    return Op("NearestResize", (x,), op.outputs, op.place, {}, "", op.version)


REWRITES = (nearest,)
