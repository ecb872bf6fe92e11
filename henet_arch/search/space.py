"""A space of specs: some numbers open, each with the values that it may take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain, combinations_with_replacement
from math import comb, prod

from ..spec.spec import Spec
from ..symbolic.names import GROUPS, changes
from ..symbolic.region import Ranges
from .arrays import Mask, Whole, np


@dataclass(frozen=True)
class Axis:
    """Numbers of a spec that take their values together."""

    names: tuple[str, ...]
    """As formulas call them: C1, r2, H."""
    values: tuple[int, ...]
    rising: bool = False
    """Each number has a value of its own, none below that of the number before it.

    Otherwise all of them have the same value.
    """

    @cached_property
    def size(self) -> int:
        count = len(self.names) if self.rising else 1
        return comb(len(self.values) + count - 1, count)

    @cached_property
    def _table(self) -> Whole:
        """(numbers that differ, size)"""
        count = len(self.names) if self.rising else 1
        values = sorted(self.values) if self.rising else self.values
        rows = chain.from_iterable(combinations_with_replacement(values, count))
        table: Whole = np.fromiter(rows, np.int64).reshape(-1, count).T.copy()
        return table

    def columns(self, rows: Whole) -> dict[str, Whole]:
        """The numbers at some places of the axis."""
        columns = [line[rows] for line in self._table]
        return dict(zip(self.names, columns * (1 if self.rising else len(self.names)), strict=True))


@dataclass(frozen=True)
class Grid:
    """All specs that one spec becomes with a value of each axis; the last axis changes first."""

    spec: Spec
    """It says all that is not open."""
    axes: tuple[Axis, ...]

    @cached_property
    def size(self) -> int:
        return prod(axis.size for axis in self.axes)

    @cached_property
    def open(self) -> tuple[Axis, ...]:
        """The axes with more than one value; the spec holds the others."""
        return tuple(axis for axis in self.axes if axis.size > 1)

    @cached_property
    def ranges(self) -> Ranges:
        """The open numbers, each with its least and largest value."""
        return tuple(
            (name, min(axis.values), max(axis.values)) for axis in self.open for name in axis.names
        )

    def columns(self, places: Whole) -> dict[str, Whole]:
        """The open numbers of the specs at `places`."""
        parts: list[dict[str, Whole]] = []
        step = 1
        for axis in reversed(self.open):
            parts.append(axis.columns(places // step % axis.size))
            step *= axis.size
        return {name: column for part in reversed(parts) for name, column in part.items()}

    def at(self, place: int) -> Spec:
        """The spec at `place`.

        Raises:
            SpecError: its numbers contradict each other.
        """
        columns = self.columns(np.asarray([place], np.int64))
        numbers = {name: int(column[0]) for name, column in columns.items()}
        return self.spec.replace(**changes(self.spec, numbers))


@dataclass(frozen=True)
class Space:
    """The specs of several grids, one grid after the other."""

    grids: tuple[Grid, ...]
    """One for each family and for each choice of all that formulas cannot leave open."""
    is_default: bool = False
    """Whether it was chosen for want of a better one."""

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The number of each grid's first spec, and after them that of all specs."""
        return tuple(accumulate((grid.size for grid in self.grids), initial=0))

    @property
    def size(self) -> int:
        return self.starts[-1]

    @cached_property
    def families(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(grid.spec.family for grid in self.grids))

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The keys that are open: the family, what formulas cannot leave open, numbers."""
        letters = {name[0] for grid in self.grids for axis in grid.open for name in axis.names}
        numbers = [key for letter, key in GROUPS.items() if letter in letters]
        chosen = [key for family in self.families for key in self.chosen(family)]
        families = ["family"] if len(self.families) > 1 else []
        return tuple(dict.fromkeys((*families, *chosen, *numbers)))

    def chosen(self, family: str) -> tuple[str, ...]:
        """The keys in which the grids of a family differ, but for the numbers of their axes."""
        first, *others = [grid for grid in self.grids if grid.spec.family == family]
        numbers = {GROUPS[name[0]] for axis in first.axes for name in axis.names}
        fields = [key for key in type(first.spec).model_fields if key not in numbers]
        pairs = [(key, getattr(first.spec, key)) for key in fields]
        return tuple(key for key, v in pairs if any(getattr(g.spec, key) != v for g in others))

    def spec(self, index: int) -> Spec:
        """The spec at `index` of all.

        Raises:
            SpecError: its numbers contradict each other.
        """
        ((number, _, places),) = self.by_grid(np.asarray([index], np.int64))
        return self.grids[number].at(int(places[0]))

    def by_grid(self, indices: Whole) -> Iterator[tuple[int, Mask, Whole]]:
        """Each grid's number among some specs, which of them are its own, and their places."""
        numbers = np.searchsorted(np.asarray(self.starts, np.int64), indices, side="right") - 1
        for number in np.unique(numbers).tolist():
            rows = numbers == number
            yield number, rows, indices[rows] - self.starts[number]

    def runs(self, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
        """Each grid's number in a run of all specs, with the run's places within it."""
        for number, (first, after) in enumerate(zip(self.starts, self.starts[1:], strict=False)):
            if first < stop and start < after:
                yield number, max(start - first, 0), min(stop, after) - first
