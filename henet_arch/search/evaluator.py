"""The figures of many specs at once, exactly: by formulas, and by analysis where there are none."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..analyzers.report import analyze
from ..spec.build import expand
from ..spec.spec import Spec
from ..support.errors import RuleError, ShapeError, SpecError
from ..symbolic.expansion import Ties
from ..symbolic.formula import names_of
from ..symbolic.names import changes
from ..symbolic.region import (
    LARGEST_FIGURE,
    Ranges,
    Refused,
    Region,
    Request,
    is_known,
    region,
    tie,
    too_large,
)
from .arrays import Array, Mask, Whole, np
from .measures import MEASURES

FEW = 400
"""Specs that are analyzed sooner than formulas for them are found."""
_analyzed: Counter[Request] = Counter()
"""How many specs no formula has been found for, since they were few each time."""
_MOST_COUNTED = 10_000


class Evaluator:
    """What is known of the specs of one family, filled in as it is found."""

    def __init__(self, measures: tuple[str, ...], columns: dict[str, Whole], count: int) -> None:
        self.measures = measures
        self.columns = columns
        self.table = np.zeros((len(measures), count), np.int64)
        """A row for each measure, a column for each spec."""
        self.exists = np.zeros(count, np.bool_)
        """Whether the rules make a network of it."""

    def by_formula(self, spec: Spec, ranges: Ranges, rows: Whole, ties: Ties = ()) -> None:
        """Find the figures of the specs `rows`, of which `ranges` are the open numbers.

        Those of `ties` are equal in all of them.
        """
        area = region(Request(spec, ranges, self.measures, ties))
        if isinstance(area, Refused):
            self._elsewhere(spec, ranges, rows, ties, area.names)
            return
        inside = self._inside(area, rows)
        self._within(area, rows[inside.all(axis=0)])
        outside = ~inside.all(axis=0)
        if outside.any():
            self._by_pattern(spec, ranges, area, rows[outside], ties, inside[:, outside])

    def _inside(self, area: Region, rows: Whole) -> Mask:
        """Whether each condition is met by each spec."""
        return _grid(area.meets(*self._given(area, rows)), len(rows), np.bool_)

    def _within(self, area: Region, rows: Whole) -> None:
        if len(rows) == 0:
            return
        with np.errstate(divide="ignore"):  # by a width of 0, which another condition refuses
            there = _grid(area.exists(*self._given(area, rows)), len(rows), np.bool_).all(axis=0)
        rows = rows[there]
        if len(rows):
            self.table[:, rows] = _grid(area.figures(*self._given(area, rows)), len(rows), np.int64)
            self.exists[rows] = True

    def _by_pattern(
        self, spec: Spec, ranges: Ranges, area: Region, rows: Whole, ties: Ties, inside: Mask
    ) -> None:
        """Specs that break the same conditions have the same numbers to be tied, or fixed."""
        patterns, which = np.unique(inside, axis=1, return_inverse=True)
        for number, pattern in enumerate(patterns.T):
            broken = [c for c, met in zip(area.assumed, pattern, strict=True) if not met]
            some = rows[which.reshape(-1) == number]
            names = frozenset().union(*(names_of(c) for c in broken if tie(c) is None))
            tied = next((pair for pair in map(tie, broken) if pair and not names), None)
            if tied:
                rest = tuple(entry for entry in ranges if entry[0] != tied[0])
                moved = tuple((n, tied[1] if other == tied[0] else other) for n, other in ties)
                self._somehow(spec, rest, some, (*moved, tied))
            else:
                self._elsewhere(spec, ranges, some, ties, names)

    def _elsewhere(
        self, spec: Spec, ranges: Ranges, rows: Whole, ties: Ties, names: frozenset[str]
    ) -> None:
        """With the numbers `names` fixed, value by value, and those that are tied to them."""
        fixed = sorted(names | {name for name, other in ties if other in names})
        values = np.stack([self.columns[name][rows] for name in fixed])
        distinct, which = np.unique(values, axis=1, return_inverse=True)
        rest = tuple(entry for entry in ranges if entry[0] not in fixed)
        loose = tuple(pair for pair in ties if pair[0] not in fixed)
        for number, chosen in enumerate(distinct.T.tolist()):
            some = rows[which.reshape(-1) == number]
            numbers = changes(spec, dict(zip(fixed, chosen, strict=True)))
            self._somehow(spec.replace(**numbers), rest, some, loose)

    def _somehow(self, spec: Spec, ranges: Ranges, rows: Whole, ties: Ties) -> None:
        """By formula where that is worth while, for these specs or with those before them."""
        request = Request(spec, ranges, self.measures, ties)
        if len(_analyzed) > _MOST_COUNTED:
            _analyzed.clear()
        _analyzed[request] += len(rows)
        if _analyzed[request] > FEW or is_known(request):
            self.by_formula(spec, ranges, rows, ties)
        else:
            self.by_analysis(spec, rows)

    def by_analysis(self, spec: Spec, rows: Whole) -> None:
        for row in rows.tolist():
            values = {name: int(column[row]) for name, column in self.columns.items()}
            try:
                report = analyze(expand(spec.replace(**changes(spec, values))))
            except (RuleError, ShapeError, SpecError):
                continue
            figures = [int(MEASURES[name].of(report)) for name in self.measures]
            if max(figures) > LARGEST_FIGURE:
                raise too_large(max(figures), spec)
            self.table[:, row] = figures
            self.exists[row] = True

    def _given(self, area: Region, rows: Whole) -> list[Whole]:
        return [self.columns[name][rows] for name in area.names]


def _grid(values: list[Any], count: int, kind: type) -> Array:
    """Rows of one length, of which constants are single numbers."""
    result: Array = np.empty((len(values), count), kind)
    for row, value in zip(result, values, strict=True):
        row[:] = value
    return result
