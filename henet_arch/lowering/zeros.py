"""A run of zeros at the start of the workspace, for channels and rows that no step makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .layout import Layout
from .program import ZERO, Plane, Program, Step, points_of
from .select_kernels import Choice
from .vectors import rounded
from .window_loop import WindowLoop, window_loop


class Zeros(NamedTuple):
    """How many zeros there are, and how many of them come before a plane of zeros."""

    size: int
    lead: int


def zeros(program: Program, choices: Mapping[str, Choice], layout: Layout) -> Zeros:
    """Enough for every step and for the caller."""
    lead = size = 0
    for step in program.steps:
        if choices[step.name].kernel.startswith("winograd"):
            size = max(size, rounded(layout.rows[step.name]) + rounded(1))
        if ZERO in set(step.reads):
            before, after = _around(step, source_row(layout, step), layout.rows[step.name])
            lead, size = max(lead, before), max(size, after)
    for value in program.outputs:
        if ZERO in value.planes:
            size = max(size, rounded(value.size[0] * row_of(layout, value.planes, value.size[1])))
    return Zeros(lead + size, lead)


def row_of(layout: Layout, planes: tuple[Plane, ...], width: int) -> int:
    """The distance between the rows of planes, which all lie alike."""
    at = next(iter(points_of(planes)), None)
    return layout.points[at].row if at else width


def source_row(layout: Layout, step: Step) -> int:
    """The distance between the rows of what a step reads."""
    return row_of(layout, step.source.planes, step.source.size[1])


def _around(step: Step, read: int, written: int) -> tuple[int, int]:
    result, row = window_loop(step), max(read, written)
    rows, before = _most(result) if result else (0, 0)
    height = max(step.size[0], step.source.size[0])
    return rounded(rows * row + before), rounded((height + rows + 1) * row) + rounded(1)


def _most(loop: WindowLoop) -> tuple[int, int]:
    """Rows above or below and columns before a plane that a kernel may read of it."""
    (rows, before), (framed, sides, _) = loop.margins, loop.frame
    return max(rows, framed), max(before, sides)
