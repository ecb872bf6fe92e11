"""What is told where no network is within the bounds: how near to them the space comes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..analyzers.report import analyze
from ..spec.build import build
from ..spec.spec import Spec
from ..support.errors import HenetArchError
from .explore import RunResult
from .measures import MEASURES
from .query import Bound, Query
from .wording import words


@dataclass(frozen=True)
class Shortfall:
    """The network of a family that comes nearest to one bound."""

    family: str
    bound: Bound
    breaks_others: bool
    spec: Spec
    figure: int

    def sentence(self, query: Query) -> str:
        """What no network of the family has, and what the nearest one has."""
        chosen = len(query.bounds) > 1 and not self.breaks_others
        among = " within the other bounds" if chosen else ""
        if self.bound.holds(self.figure):
            what = f"every {self.family} of this space with {self.bound} breaks another bound"
        else:
            what = f"no {self.family} of this space{among} has {self.bound}"
        keys = [key for key in query.space.keys if key != "family"]
        nearest = f"{self.figure:,} {MEASURES[self.bound.measure].title}"
        return f"{what}; the {self._rank} has {nearest}: {words(self.spec, keys)}"

    @property
    def _rank(self) -> str:
        if self.bound.least is None:
            return "smallest"
        return "largest" if self.bound.most is None else "nearest"

    def to_dict(self) -> dict[str, Any]:
        return {
            "family": self.family,
            "measure": self.bound.measure,
            "figure": self.figure,
            "keeps_other_bounds": not self.breaks_others,
            "spec": self.spec.model_dump(mode="json", exclude={"name"}),
        }


def shortfalls(query: Query, outcome: RunResult) -> list[Shortfall]:
    """What is nearest to each bound, family by family; nothing where the bounds can be kept.

    Bounds that can be kept, but not with the others, are left out where the others say enough.
    """
    result = []
    for (family, number), near in sorted(outcome.nearest.items()):
        spec, bound = query.space.spec(near.number), query.bounds[number]
        figure = int(MEASURES[bound.measure].of(analyze(build(spec))))
        result.append(Shortfall(family, bound, near.breaks_others, spec, figure))
    broken = [items for items in result if not items.bound.holds(items.figure)]
    return broken or result


def without_networks(query: Query, result: RunResult) -> Iterator[str]:
    """Of each family that has no network in the space, why its first spec is none."""
    if result.within:
        return
    there = {family for family, _ in result.nearest}
    for family in query.space.families if query.bounds or not result.networks else ():
        if family not in there:
            grid = next(g for g in query.space.grids if g.spec.family == family)
            try:
                build(grid.at(0))
            except HenetArchError as error:
                yield f"no spec of family {family} is a network: {error.what}, in the first of them"
