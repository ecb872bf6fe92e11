"""Where nothing is within the bounds: what comes nearest to each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from .arrays import Whole, np
from .evaluator import Evaluator

if TYPE_CHECKING:
    from .query import Bound, Query


class Near(NamedTuple):
    """A network; the smaller, the nearer."""

    breaks_others: bool
    """Whether it breaks another bound than the one that it is near to."""
    excess: int
    """By how much it is beyond the bound; below 0 within it."""
    number: int
    """Of the spec among all."""


Nearest: TypeAlias = dict[tuple[str, int], Near]
"""By family and number of the bound."""


def nearest(query: Query, grid: int, places: Whole, figures: Evaluator) -> Nearest:
    """What comes nearest of the specs at some places of a grid."""
    rows = np.flatnonzero(figures.exists)
    if len(rows) == 0:
        return {}
    family = query.space.grids[grid].spec.family
    start = query.space.starts[grid]
    tables = [figures.table[query.measures.index(b.measure), rows] for b in query.bounds]
    excesses = [_excess(b, table) for b, table in zip(query.bounds, tables, strict=True)]
    broken = np.sum([excess > 0 for excess in excesses], axis=0)
    result: Nearest = {}
    for number, excess in enumerate(excesses):
        others = broken - (excess > 0) > 0
        some = np.arange(len(rows)) if others.all() else np.flatnonzero(~others)
        best = some[np.argmin(excess[some])]
        place = start + int(places[rows[best]])
        result[family, number] = Near(bool(others[best]), int(excess[best]), place)
    return result


def _excess(bound: Bound, figures: Whole) -> Whole:
    """By how much figures are beyond a bound; below 0 within it."""
    over = [] if bound.most is None else [figures - bound.most]
    under = [] if bound.least is None else [bound.least - figures]
    excess: Whole = np.max([*over, *under], axis=0)
    return excess


def nearest_of(one: Nearest, other: Nearest) -> Nearest:
    """The nearer of both."""
    both = {**one, **other}
    return {key: min(one.get(key, near), near) for key, near in both.items()}
