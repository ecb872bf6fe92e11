"""Output channels are computed in blocks that fit the registers; weights lie in that order.

The blocks are the same for every instruction set, so one file of weights serves them all. What
differs is how many vectors of columns a block has.
"""

from __future__ import annotations

from collections.abc import Mapping

from .matrix import matrix_weights
from .program import Program, Step
from .select_kernels import Choice
from .vectors import rounded
from .window_loop import WindowLoop, window_loop
from .winograd import products

LARGEST_BLOCK = 6
LANES_BLOCK = 64
"""Single outputs whose weights lie side by side, as many as are computed at once."""
_NARROWEST = 8
"""Weights of single outputs come in rows of whole vectors of this many."""


def blocks(outputs: int) -> list[int]:
    """Sizes of the blocks of a group's output channels: sixes, fours, or as equal as can be."""
    for size in (LARGEST_BLOCK, 4):
        if outputs % size == 0:
            return [size] * (outputs // size)
    count = -(-outputs // LARGEST_BLOCK)
    size, more = divmod(outputs, count)
    return [size + 1] * more + [size] * (count - more)


def lane_width(outputs: int) -> int:
    """Outputs of a group, rounded up to whole narrow vectors."""
    return -(-outputs // _NARROWEST) * _NARROWEST


def weight_count(step: Step, choice: Choice) -> int:
    """Numbers that the step reads: its weights, then its biases."""
    if choice.kernel == "weight":
        return step.channels
    loop = window_loop(step)
    if loop is None or loop.largest:
        return 0
    if choice.kernel == "lanes":
        return loop.groups * lane_width(loop.outputs) * (loop.inputs * _inside(loop) + 1)
    if choice.kernel == "matrix":
        return loop.groups * (matrix_weights(loop) + loop.outputs)
    if choice.kernel == "winograd_matrix":
        return loop.groups * (products(loop) * rounded(loop.outputs) + loop.outputs)
    taps = products(loop) if choice.kernel == "winograd" else loop.taps
    return loop.groups * loop.outputs * (taps + 1)


def _inside(loop: WindowLoop) -> int:
    """How many taps of a single output meet an element and not padding."""
    return len(loop.rows.inside) * len(loop.columns.inside)


def weight_offsets(program: Program, choices: Mapping[str, Choice]) -> dict[str, int]:
    """Where each step's numbers begin, at whole vectors; under "" where all end."""
    result, at = {}, 0
    for step in program.steps:
        result[step.name] = at
        at += rounded(weight_count(step, choices[step.name]))
    return result | {"": at}
