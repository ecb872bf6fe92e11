"""The room that a step needs beside its maps, and how it is divided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from . import matrix
from .blocking import blocks, lane_width, weight_count
from .layout import Layout
from .program import Program, Step
from .select_kernels import Choice
from .vectors import WIDEST, rounded
from .window_loop import WindowLoop, window_loop
from .winograd import TILE, components, tiles_at_once


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
    """From one component's positions to the next's, of one channel."""
    products_at: int
    rows_at: int
    turned_at: int
    """Where the rows of a panel begin once they are turned to planes."""
    size: int


def packed(loop: WindowLoop, row: int) -> Packed:
    """The room for one group."""
    rows, before = loop.margins
    lead, plane = rounded(rows * row + before), rounded((loop.height + rows) * row + WIDEST)
    return Packed(lead, plane, lead + loop.inputs * len(loop.phases) * plane)


def transformed(loop: WindowLoop, row: int) -> Tiles:
    """The room for so many tiles as are transformed at once, where the lanes are columns."""
    return _tiles(loop, row, max(blocks(loop.outputs)), 1, 0)


def transformed_panels(loop: WindowLoop, row: int) -> Tiles:
    """The same where the lanes are output channels."""
    channels = matrix.panels(loop)[0] * WIDEST
    return _tiles(loop, row, channels, channels, WIDEST)


def _tiles(loop: WindowLoop, row: int, channels: int, finished: int, turned: int) -> Tiles:
    """The room of some channels: of as many rows are finished, and turned, together."""
    at_once = tiles_at_once(loop, row)
    length, lead = rounded(at_once * row), rounded(loop.margins[1])
    inputs = lead + length + rounded(row)
    products_at = components(loop) * loop.inputs * inputs
    rows_at = products_at + components(loop) * channels * length
    rows = rounded(TILE * at_once * row) + rounded(row)
    turned_at = rows_at + rows * finished
    return Tiles(
        lead, at_once, inputs, length, products_at, rows_at, turned_at, turned_at + rows * turned
    )


def scratch(program: Program, choices: Mapping[str, Choice], layout: Layout) -> dict[str, int]:
    """The elements that each step needs beside its maps."""
    needs = (
        (step.name, _needed(step, choices[step.name], layout.rows[step.name]))
        for step in program.steps
    )
    return {name: size for name, size in needs if size}


def factored_at(step: Step, choice: Choice, row: int) -> int:
    """Where in the step's room its weights begin that were multiplied by factors."""
    return rounded(_own(step, choice, row))


def _needed(step: Step, choice: Choice, row: int) -> int:
    if not step.factors:
        return _own(step, choice, row)
    return factored_at(step, choice, row) + weight_count(step, choice) - step.channels


def _own(step: Step, choice: Choice, row: int) -> int:
    """What the kernel needs."""
    if choice.kernel == "softmax":
        return step.channels
    if choice.kernel == "local_response_norm":
        return rounded(step.size[1])
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
    if choice.kernel == "winograd_matrix":
        return transformed_panels(loop, row).size
    return packed(loop, row).size if loop.packed and choice.kernel != "strips" else 0


def most_taps(program: Program, choices: Mapping[str, Choice]) -> int:
    """The most taps of a step that says at run time how far each of them reads."""
    swept = (window_loop(s) for s in program.steps if choices[s.name].kernel in _GATHERING)
    return max((loop.taps for loop in swept if loop), default=0)


_GATHERING = ("direct", "matrix", "depthwise", "largest")
