"""One run of a space, and how runs are put together."""

from __future__ import annotations

from dataclasses import dataclass

from .arrays import Mask, Whole, np
from .evaluator import FEW, Evaluator
from .nearest import Nearest, nearest, nearest_of
from .pareto import Points, front, not_behind
from .query import Query

BLOCK = 16_384
"""Specs whose figures are found together: they stay in the cache."""
_WAITING = 1024
"""Specs that may be on the front are put there so many at once."""


@dataclass(frozen=True, eq=False)
class RunResult:
    """What some runs found."""

    tested: int
    """Specs, networks or not."""
    networks: int
    """Those that the rules make a network of."""
    within: int
    """Those of them that keep all bounds."""
    front: Points
    nearest: Nearest
    """What comes nearest to the bounds where nothing is within them; empty elsewhere."""

    def and_(self, other: RunResult) -> RunResult:
        """Both together; in any order the same."""
        return RunResult(
            self.tested + other.tested,
            self.networks + other.networks,
            self.within + other.within,
            front(self.front.with_others(other.front)),
            {} if self.within or other.within else nearest_of(self.nearest, other.nearest),
        )


def nothing(query: Query) -> RunResult:
    """What no run finds."""
    return RunResult(0, 0, 0, Points.none(len(query.objectives)), {})


def explore(query: Query, start: int, stop: int) -> RunResult:
    """The front of the specs from `start` to `stop`; needs the same memory for any number."""
    networks = within = 0
    best = waiting = Points.none(len(query.objectives))
    near: Nearest = {}
    for grid, first, last in query.space.runs(start, stop):
        for begin in range(first, last, BLOCK):
            places = np.arange(begin, min(begin + BLOCK, last))
            figures = figures_at(query, query.measures, grid, places)
            some = _within(query, grid, places, figures)
            networks += int(np.count_nonzero(figures.exists))
            within += len(some)
            if within == 0:
                near = nearest_of(near, nearest(query, grid, places, figures))
            waiting = waiting.with_others(not_behind(some, best))
            if len(waiting) > max(_WAITING, len(best)):
                best = front(best.with_others(waiting))
                waiting = waiting[:0]
    best = front(best.with_others(waiting))
    return RunResult(stop - start, networks, within, best, {} if within else near)


def _within(query: Query, grid: int, places: Whole, figures: Evaluator) -> Points:
    """The specs that are networks and keep all bounds."""
    rows = np.flatnonzero(keeps(query, figures))
    return Points(
        signed(query, figures.table[:, rows]).T,
        query.space.starts[grid] + places[rows],
        np.ones(len(rows), np.int64),
    )


def keeps(query: Query, figures: Evaluator) -> Mask:
    """Whether each spec is a network within all bounds."""
    kept = figures.exists.copy()
    for bound in query.bounds:
        values = figures.table[query.measures.index(bound.measure)]
        if bound.least is not None:
            kept &= values >= bound.least
        if bound.most is not None:
            kept &= values <= bound.most
    return kept


def signed(query: Query, table: Whole) -> Whole:
    """The objectives' rows as costs: what is to be large below 0."""
    signs = np.where(np.isin(query.objectives, query.maximize), -1, 1)
    return table[: len(signs)] * signs[:, None]


def figures_at(query: Query, measures: tuple[str, ...], grid: int, places: Whole) -> Evaluator:
    """The figures of the specs at `places` of one grid."""
    chosen, rows = query.space.grids[grid], np.arange(len(places))
    figures = Evaluator(measures, chosen.columns(places), len(places))
    if chosen.size <= FEW or (measures != query.measures and len(places) <= FEW):
        figures.by_analysis(chosen.spec, rows)
    else:
        figures.by_formula(chosen.spec, chosen.ranges, rows)
    return figures
