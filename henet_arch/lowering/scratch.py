"""The room that a step needs beside its maps, and how it is divided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .blocking import COMPONENTS, TILE, blocks, lane_width, tiles_at_once
from .layout import WIDEST, Layout, rounded
from .program import Program, Step
from .select_kernels import BY_PLACE, Choice
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


def packed(found: WindowLoop, row: int) -> Packed:
    """The room for one group."""
    rows, before = found.margins
    lead, plane = rounded(rows * row + before), rounded((found.height + rows) * row + WIDEST)
    return Packed(lead, plane, lead + found.inputs * len(found.phases) * plane)


def transformed(found: WindowLoop, row: int) -> Tiles:
    """The room for so many tiles as are transformed at once."""
    at_once = tiles_at_once(found, row)
    length, lead = rounded(at_once * row), rounded(found.margins[1])
    inputs = lead + length + rounded(row)
    outputs = length
    products_at = COMPONENTS * found.inputs * inputs
    rows_at = products_at + COMPONENTS * max(blocks(found.outputs)) * outputs
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
    if choice.kernel in BY_PLACE:
        return step.channels
    found = window_loop(step)
    if found is None:
        return 0
    if choice.kernel == "lanes":
        return lane_width(found.outputs)
    if choice.kernel == "winograd":
        return transformed(found, row).size
    return packed(found, row).size if found.packed else 0


def most_taps(program: Program, choices: Mapping[str, Choice]) -> int:
    """The most taps of a step that says at run time how far each of them reads."""
    swept = (window_loop(s) for s in program.steps if choices[s.name].kernel in _GATHERING)
    return max((found.taps for found in swept if found), default=0)


_GATHERING = ("direct", "depthwise", "largest")
