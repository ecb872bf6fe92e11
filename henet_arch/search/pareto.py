"""Fronts: what nothing else is better than."""

from __future__ import annotations

from dataclasses import dataclass

from .arrays import Array, Whole, np


@dataclass(frozen=True, eq=False)
class Points:
    """Specs with costs, all of which are to be small; one spec for all of equal costs."""

    costs: Whole
    """(points, objectives)"""
    indices: Whole
    """The first spec of each in the space's order."""
    equal: Whole
    """How many specs have the same costs."""

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, rows: Array | slice) -> Points:
        return Points(self.costs[rows], self.indices[rows], self.equal[rows])

    @staticmethod
    def none(objectives: int) -> Points:
        return Points(np.empty((0, objectives), np.int64), *np.empty((2, 0), np.int64))

    def with_others(self, others: Points) -> Points:
        """Both, not yet a front."""
        return Points(
            np.concatenate((self.costs, others.costs)),
            np.concatenate((self.indices, others.indices)),
            np.concatenate((self.equal, others.equal)),
        )


def front(points: Points) -> Points:
    """The points that no other one is better than: nowhere larger, and somewhere smaller.

    Sorted by the first objective, then the next. The order and the grouping in which points come
    make no difference: `front(a + b)` is `front(front(a) + front(b))`.
    """
    if points.costs.shape[1] == 2:
        points = points[_staircase(points.costs)]
    points = _merged(points)
    return points if points.costs.shape[1] == 2 else points[_undominated(points.costs)]


def _staircase(costs: Whole) -> Whole:
    """Rows of two objectives on the front, equal ones among them."""
    order = np.lexsort((costs[:, 1], costs[:, 0]))
    first, second = costs[order].T
    lowest = np.minimum.accumulate(second)
    start = np.searchsorted(first, first)
    best_before = np.where(start > 0, lowest[start - 1], np.iinfo(np.int64).max)
    least_here = second[start]
    kept: Whole = order[(second == least_here) & (second < best_before)]
    return kept


def _merged(points: Points) -> Points:
    """One point for those of equal costs."""
    if len(points) == 0:
        return points
    order = np.lexsort((points.indices, *points.costs.T[::-1]))
    points = points[order]
    new = np.ones(len(points), np.bool_)
    new[1:] = (points.costs[1:] != points.costs[:-1]).any(axis=1)
    starts = np.flatnonzero(new)
    return Points(
        points.costs[starts], points.indices[starts], np.add.reduceat(points.equal, starts)
    )


def _undominated(costs: Whole) -> Whole:
    """Rows, all of them different, that no other row is below."""
    rows = _strongest_first(costs)
    columns = np.ascontiguousarray(costs[rows].T)
    place = 0
    while place < len(rows):
        better = np.zeros(len(rows), np.bool_)
        for column in columns:
            better |= column < column[place]
        better[place] = True
        rows, columns = rows[better], columns[:, better]
        place = int(np.count_nonzero(better[:place])) + 1
    return np.sort(rows)


def not_behind(points: Points, leaders: Points) -> Points:
    """The points that none of `leaders`, which are a front, is better than."""
    ahead = leaders.costs[_strongest_first(leaders.costs)]
    for start in range(0, len(ahead), _TOGETHER):
        columns = np.ascontiguousarray(points.costs.T)
        no_larger = np.ones((min(_TOGETHER, len(ahead) - start), len(points)), np.bool_)
        smaller = ~no_larger
        for leader, column in zip(ahead[start : start + _TOGETHER].T, columns, strict=True):
            no_larger &= leader[:, None] <= column
            smaller |= leader[:, None] < column
        points = points[np.flatnonzero(~(no_larger & smaller).any(axis=0))]
    return points


_TOGETHER = 16
"""Leaders that points are compared with at once: after the first few, most are gone."""


def _strongest_first(costs: Whole) -> Whole:
    """The rows by the sum of their costs, each measured by its spread."""
    if len(costs) == 0:
        return np.arange(0)
    spread = np.maximum(costs.max(axis=0) - costs.min(axis=0), 1)
    return np.argsort((costs / spread).sum(axis=1), kind="stable")
