"""What is asked of a space: bounds, and what should be large or small within them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from ..support.errors import BudgetError, look_up
from .measures import MEASURES
from .space import Space


@dataclass(frozen=True)
class Bound:
    """The least and the most that a figure may be; None for no bound."""

    measure: str
    least: int | None
    most: int | None

    def __str__(self) -> str:
        number = MEASURES[self.measure].text
        title = MEASURES[self.measure].title
        if self.least is None or self.most is None:
            sign = "<=" if self.least is None else ">="
            limit = self.most if self.least is None else self.least
            return f"{title} {sign} {number(limit or 0)}"
        return f"{number(self.least)} <= {title} <= {number(self.most)}"

    def holds(self, figure: int) -> bool:
        low = self.least is None or figure >= self.least
        return low and (self.most is None or figure <= self.most)


@dataclass(frozen=True)
class Query:
    """The front of `space` is asked for: what no other network within the bounds is better than."""

    space: Space
    bounds: tuple[Bound, ...]
    maximize: tuple[str, ...]
    minimize: tuple[str, ...]

    @cached_property
    def objectives(self) -> tuple[str, ...]:
        return (*self.maximize, *self.minimize)

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """All that decide, the objectives first."""
        return tuple(dict.fromkeys((*self.objectives, *(b.measure for b in self.bounds))))

    @cached_property
    def fingerprint(self) -> str:
        """The same for the same query only."""
        from ..support.version import __version__

        values = {
            "version": __version__,
            "specs": [grid.spec.model_dump(mode="json") for grid in self.space.grids],
            "axes": [
                [[axis.names, axis.values, axis.rising] for axis in grid.axes]
                for grid in self.space.grids
            ],
            "bounds": [[b.measure, b.least, b.most] for b in self.bounds],
            "objectives": [self.maximize, self.minimize],
        }
        return sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def query(
    space: Space,
    *,
    at_most: Mapping[str, int] | None = None,
    at_least: Mapping[str, int] | None = None,
    maximize: Sequence[str] = ("macs",),
    minimize: Sequence[str] = ("params",),
) -> Query:
    """The question of what is best in `space`, by the names of `MEASURES`.

    Raises:
        UnknownNameError: there is no such measure.
        BudgetError: bounds or objectives contradict each other.
    """
    most, least = dict(at_most or {}), dict(at_least or {})
    for name in (*most, *least, *maximize, *minimize):
        look_up(name, MEASURES, "measure")
    both = [name for name in maximize if name in minimize]
    if both or not (maximize or minimize):
        what = f"{both[0]} cannot be both large and small" if both else "nothing is to be best"
        raise BudgetError(what, fix="--maximize macs --minimize params, or other measures")
    bounds = []
    for name in MEASURES:
        if name not in most and name not in least:
            continue
        bound = Bound(name, least.get(name), most.get(name))
        if bound.least is not None and bound.most is not None and bound.least > bound.most:
            raise BudgetError(
                f"{name} cannot be at least {bound.least:,} and at most {bound.most:,}",
                fix="the smaller bound first",
            )
        bounds.append(bound)
    chosen = (tuple(dict.fromkeys(maximize)), tuple(dict.fromkeys(minimize)))
    return Query(space, tuple(bounds), *chosen)
