"""One run of a space, and how runs are put together."""

from __future__ import annotations

from dataclasses import dataclass

from .arrays import Mask, Whole, np
from .evaluator import FEW, Figures
from .nearest import Nearest, nearest, nearest_of
from .pareto import Points, front, not_behind
from .query import Question

BLOCK = 16_384
"""Specs whose figures are found together: they stay in the cache."""
_WAITING = 1024
"""Specs that may be on the front are put there so many at once."""


@dataclass(frozen=True, eq=False)
class Found:
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

    def and_(self, other: Found) -> Found:
        """Both together; in any order the same."""
        return Found(
            self.tested + other.tested,
            self.networks + other.networks,
            self.within + other.within,
            front(self.front.with_others(other.front)),
            {} if self.within or other.within else nearest_of(self.nearest, other.nearest),
        )


def nothing(question: Question) -> Found:
    """What no run finds."""
    return Found(0, 0, 0, Points.none(len(question.objectives)), {})


def explore(question: Question, start: int, stop: int) -> Found:
    """The front of the specs from `start` to `stop`; needs the same memory for any number."""
    networks = within = 0
    best = waiting = Points.none(len(question.objectives))
    near: Nearest = {}
    for grid, first, last in question.space.runs(start, stop):
        for begin in range(first, last, BLOCK):
            places = np.arange(begin, min(begin + BLOCK, last))
            figures = figures_at(question, question.measures, grid, places)
            some = _within(question, grid, places, figures)
            networks += int(np.count_nonzero(figures.exists))
            within += len(some)
            if within == 0:
                near = nearest_of(near, nearest(question, grid, places, figures))
            waiting = waiting.with_others(not_behind(some, best))
            if len(waiting) > max(_WAITING, len(best)):
                best = front(best.with_others(waiting))
                waiting = waiting[:0]
    best = front(best.with_others(waiting))
    return Found(stop - start, networks, within, best, {} if within else near)


def _within(question: Question, grid: int, places: Whole, figures: Figures) -> Points:
    """The specs that are networks and keep all bounds."""
    rows = np.flatnonzero(keeps(question, figures))
    return Points(
        signed(question, figures.table[:, rows]).T,
        question.space.starts[grid] + places[rows],
        np.ones(len(rows), np.int64),
    )


def keeps(question: Question, figures: Figures) -> Mask:
    """Whether each spec is a network within all bounds."""
    kept = figures.exists.copy()
    for bound in question.bounds:
        values = figures.table[question.measures.index(bound.measure)]
        if bound.least is not None:
            kept &= values >= bound.least
        if bound.most is not None:
            kept &= values <= bound.most
    return kept


def signed(question: Question, table: Whole) -> Whole:
    """The objectives' rows as costs: what is to be large below 0."""
    signs = np.where(np.isin(question.objectives, question.maximize), -1, 1)
    return table[: len(signs)] * signs[:, None]


def figures_at(question: Question, measures: tuple[str, ...], grid: int, places: Whole) -> Figures:
    """The figures of the specs at `places` of one grid."""
    chosen, rows = question.space.grids[grid], np.arange(len(places))
    figures = Figures(measures, chosen.columns(places), len(places))
    if chosen.size <= FEW or (measures != question.measures and len(places) <= FEW):
        figures.by_analysis(chosen.spec, rows)
    else:
        figures.by_formula(chosen.spec, chosen.ranges, rows)
    return figures
