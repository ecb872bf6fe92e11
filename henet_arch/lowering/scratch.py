"""The room that a step needs beside its maps, and how it is divided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from . import matrix
from .blocking import COMPONENTS, TILE, blocks, lane_width, tiles_at_once
from .layout import Layout
from .program import Program, Step
from .select_kernels import Choice
from .vectors import WIDEST, rounded
from .window_loop import WindowLoop, window_loop


class Packed(NamedTuple):
    """Phases of the planes of a group, copied with the room that the window needs."""

    lead: int
    plane: int
    size: int


class Tiles(NamedTuple):
    """Transformed tiles, `[component][plane][position]`, their products, and rows to finish."""

    lead: int
    at_once: int
    inputs: int
    """From one plane's positions to the next's."""
    outputs: int
    products_at: int
    rows_at: int
    size: int


def packed(loop: WindowLoop, row: int) -> Packed:
    """The room for one group."""
    rows, before = loop.margins
    lead, plane = rounded(rows * row + before), rounded((loop.height + rows) * row + WIDEST)
    return Packed(lead, plane, lead + loop.inputs * len(loop.phases) * plane)


def transformed(loop: WindowLoop, row: int) -> Tiles:
    """The room for so many tiles as are transformed at once."""
    at_once = tiles_at_once(loop, row)
    length, lead = rounded(at_once * row), rounded(loop.margins[1])
    inputs = lead + length + rounded(row)
    outputs = length
    products_at = COMPONENTS * loop.inputs * inputs
    rows_at = products_at + COMPONENTS * max(blocks(loop.outputs)) * outputs
    rows = rounded(TILE * at_once * row) + rounded(row)
    return Tiles(lead, at_once, inputs, outputs, products_at, rows_at, rows_at + rows)


def scratch(program: Program, choices: Mapping[str, Choice], layout: Layout) -> dict[str, int]:
    """The elements that each step needs beside its maps."""
    needs = (
        (step.name, _needed(step, choices[step.name], layout.rows[step.name]))
        for step in program.steps
    )
    return {name: size for name, size in needs if size}


def _needed(step: Step, choice: Choice, row: int) -> int:
    if choice.kernel == "softmax":
        return step.channels
    if choice.kernel == "local_response_norm":
        return step.channels * WIDEST
    if choice.kernel == "blend":
        return rounded(step.source.size[1])
    if choice.kernel == "group_norm":
        return 3 * step.channels
    loop = window_loop(step)
    if loop is None:
        return 0
    if choice.kernel == "lanes":
        return lane_width(loop.outputs)
    if choice.kernel == "matrix":
        return matrix.sums(loop, row) + matrix.turned(loop, row)
    if choice.kernel == "winograd":
        return transformed(loop, row).size
    return packed(loop, row).size if loop.packed else 0


def most_taps(program: Program, choices: Mapping[str, Choice]) -> int:
    """The most taps of a step that says at run time how far each of them reads."""
    swept = (window_loop(s) for s in program.steps if choices[s.name].kernel in _GATHERING)
    return max((loop.taps for loop in swept if loop), default=0)


_GATHERING = ("direct", "matrix", "depthwise", "largest")
