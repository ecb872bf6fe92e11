"""A step as it is written: its geometry as numbers, its tables by name."""

from __future__ import annotations

from functools import cached_property
from typing import Literal, NamedTuple

from ...lowering.plan import Plan
from ...lowering.program import Step
from ...lowering.scratch import packed
from ...lowering.vectors import WIDEST
from ...lowering.window_loop import WindowLoop, window_loop
from ...lowering.zeros import source_row
from .epilogue import Finishing
from .kernels import Kernels

_WIDEST_BLOCK = 8 * WIDEST
Turn = Literal["", "first", "second"]


def _turn(plan: Plan, step: Step) -> tuple[Turn, int]:
    """Its part where it takes turns with another step, and the most rows that it makes at once."""
    for band in plan.layout.bands:
        if step.name == band.first.name:
            return "first", band.held
        if step.name == band.second.name:
            return "second", band.rows
    return "", step.size[0]


class Span(NamedTuple):
    """What a kernel sweeps over, as C."""

    source: str
    """From where what it reads counts."""
    target: str
    """From where what it makes counts."""
    size: str
    """Elements of a plane that it makes."""


class StepWriter:
    """What the functions that write a step ask for."""

    def __init__(self, plan: Plan, step: Step, kernels: Kernels) -> None:
        self.plan, self.step, self.kernels = plan, step, kernels
        self.finishing = Finishing(plan, step)
        self.kernel = plan.choices[step.name].kernel
        self.row = plan.layout.rows[step.name]
        """The distance between the rows that it makes."""
        self.row_in = source_row(plan.layout, step)
        self.size = step.size[0] * self.row
        """Elements of a plane that it makes, the room behind the rows among them."""
        self.turn, rows = _turn(plan, step)
        """What it does in one turn, where it takes turns with another step."""
        self.at_once = rows * self.row
        """Elements of a plane that it makes in one turn, at most; all where it takes none."""

    @cached_property
    def loop(self) -> WindowLoop:
        """The step as a sweep; only for kernels that sweep."""
        loop = window_loop(self.step)
        if loop is None:
            raise TypeError(f"{self.step.name} does not sweep")
        return loop

    @property
    def span(self) -> Span:
        """The places of what it reads and makes, and how much it makes: all of a plane, or `rows`
        rows from `top` on, where a turn is."""
        rows = f"rows * {self.row}"
        across = self.loop.window.stride[0] * self.row_in
        if self.turn == "first":
            return Span(f"ws + {across} * top", f"ws + {self.row} * held", rows)
        if self.turn == "second":
            return Span("ws", f"ws + {self.row} * top", rows)
        return Span("ws", "ws", str(self.size))

    @property
    def scratch(self) -> int:
        """Where its scratch begins."""
        return self.plan.scratch[self.step.name]

    @property
    def planes(self) -> str:
        """The table of the planes that it reads."""
        return self.table([self.plan.offset(plane) for plane in self.step.source.planes])

    @cached_property
    def ends(self) -> str:
        """The table of the places where each channel is stored and loaded."""
        return self.table([place for channel in self.finishing.places for place in channel])

    @cached_property
    def kept(self) -> str:
        """The table that says which elements of a row are its own, for where a vector begins."""
        if "keep" not in self.finishing.acts:
            return "0"
        width = self.step.size[1]
        columns = [-1] * width + [0] * (self.row - width)
        times = 2 + _WIDEST_BLOCK // self.row
        return self.table((columns * times)[: self.row + _WIDEST_BLOCK])

    def finish(self, at: str = "") -> list[str]:
        """What ends the step on the single element `y` of channel `c`, `at` behind its places."""
        self.kernels.call(self.finishing)
        return self.finishing.on_one(self.ends, at)

    def table(self, values: list[int]) -> str:
        """The name of a table."""
        return self.kernels.tables.name(values)

    @property
    def at(self) -> str:
        """Where it says how far each tap reads from the element at the output's place."""
        return f"(offset *)(ws + {self.plan.taps})"

    def reaches(self) -> tuple[str, str]:
        """The tables of how far each row and each column of the window reads."""
        loop = self.loop
        plane = packed(loop, self.row).plane if loop.packed else 0
        apart = plane * len(loop.columns.phases)
        down = [tap.phase * apart + tap.at * self.row for tap in loop.rows.taps]
        across = [tap.phase * plane + tap.at for tap in loop.columns.taps]
        return self.table(down), self.table(across)
