"""Which maps must have zeros behind their rows and planes, since a window reads them as padding.

The others keep there what the kernels happen to compute.
"""

from __future__ import annotations

from collections.abc import Mapping

from .program import Program, Step, points_of
from .select_kernels import SINGLE, Choice
from .window_loop import window_loop

Point = tuple[str, int]


def clean(program: Program, choices: Mapping[str, Choice]) -> frozenset[Point]:
    """The stored points that a window reads beyond, a mean sums up, or a clean sum adds."""
    points: set[Point] = set()
    for step in reversed(program.steps):
        for finish, point in zip(step.epilogues, range(1, step.last + 1), strict=True):
            later = {(step.name, p) for p in program.stored[step.name] if p >= point}
            if later & points and choices[step.name].kernel not in SINGLE:
                for operand in finish.planar:
                    points |= set(points_of(operand))
        if _needs(step, choices[step.name]):
            points |= set(points_of(step.source.planes))
    return frozenset(points)


def _needs(step: Step, choice: Choice) -> bool:
    swept = window_loop(step)
    if swept is None:
        return choice.kernel == "mean"
    if choice.kernel == "strips":
        return any(swept.frame)
    return choice.kernel != "lanes" and not swept.packed and swept.overlaps
