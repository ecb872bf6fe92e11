"""The room that a step needs beside its maps, and how it is divided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .blocking import COMPONENTS, TILE, blocks, tiles_at_once
from .choose import Choice
from .layout import WIDEST, Layout, rounded
from .program import Program
from .sweep import Sweep, sweep


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


def packed(found: Sweep, row: int) -> Packed:
    """The room for one group."""
    rows, before = found.margins
    lead, plane = rounded(rows * row + before), rounded((found.height + rows) * row + WIDEST)
    return Packed(lead, plane, lead + found.inputs * len(found.phases) * plane)


def transformed(found: Sweep, row: int) -> Tiles:
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
    found = {}
    for step in program.steps:
        swept, row = sweep(step), layout.rows[step.name]
        if swept is None:
            continue
        if choices[step.name].kernel == "winograd":
            found[step.name] = transformed(swept, row).size
        elif choices[step.name].kernel != "lanes" and swept.packed:
            found[step.name] = packed(swept, row).size
    return found
