"""Two steps that take turns, some rows at a time, where no cache holds the map between them.

Of that map only the rows of a band are held, and of those that the next band needs too, the few at
its end are moved to its start. So the map is never written to memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from .program import Program, Step, points_of
from .select_kernels import Choice
from .window_loop import WindowLoop, window_loop

_CACHED = 1 << 18
"""Elements of a map above which it leaves the caches behind the nearest."""
_HELD = 1 << 17
"""Elements of a band, about."""
_MOST_KEPT = 0.3
"""Rows that are moved, for each new one, above which turns cost more than they save."""


@dataclass(frozen=True)
class Band:
    """How many rows the second step makes at once, and what it needs for them."""

    first: Step
    second: Step
    rows: int

    @property
    def loop(self) -> WindowLoop:
        """The window of the second step."""
        return cast(WindowLoop, window_loop(self.second))

    @property
    def held(self) -> int:
        """Rows of the map between them that are held."""
        rows = self.loop.rows
        return rows.stride * (self.rows - 1) + rows.kernel

    @property
    def kept(self) -> int:
        """Those of them that the next band needs too."""
        return self.loop.rows.kernel - self.loop.rows.stride


def bands(
    program: Program, choices: Mapping[str, Choice], rows: Mapping[str, int]
) -> tuple[Band, ...]:
    """The pairs of steps that take turns, those with the largest maps first.

    `rows` has the distance between the rows that each step makes.
    """
    pairs = zip(program.steps, program.steps[1:], strict=False)
    fit = [
        (first, second)
        for first, second in pairs
        if first.elements > _CACHED
        and program.stored[first.name] == (first.last,)
        and program.readers[first.name, first.last] == {second.name}
        and list(points_of(second.source.planes)) == [(first.name, first.last)]
        and all(_slides(step, choices[step.name]) for step in (first, second))
    ]
    result: list[Band] = []
    taken: set[str] = set()
    for first, second in sorted(fit, key=lambda pair: -pair[0].elements):
        if taken & {first.name, second.name}:
            continue
        loop = cast(WindowLoop, window_loop(second))
        if max(loop.rows.padding, loop.rows.behind) >= loop.rows.kernel:
            continue  # a band could lie in the padding alone
        many = _HELD // (first.channels * rows[first.name] * loop.rows.stride)
        band = Band(first, second, many)
        if 0 < many < second.size[0] and band.kept <= _MOST_KEPT * many * loop.rows.stride:
            result.append(band)
            taken |= {first.name, second.name}
    return tuple(result)


def _slides(step: Step, choice: Choice) -> bool:
    """Whether its kernel can begin at any row: it reads no other map."""
    loop = window_loop(step)
    if loop is None or step.factors or any(finish.operands for finish in step.epilogues):
        return False
    kernel, window = choice.kernel, loop.window
    return kernel == "strips" or (kernel == "direct" and window.kernel == window.stride == (1, 1))
