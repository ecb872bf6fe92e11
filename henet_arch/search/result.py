"""The front of a space, as tables and as data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from ..analyzers.report import of_model
from ..importers.load import Source, load
from ..ir.model import Model
from ..results.shown import Shown
from ..results.table import Cell, Column, Row, Table
from ..spec.spec import Spec
from .arrays import np
from .explore import RunResult, figures_at
from .measures import MEASURES
from .query import Bound, Query
from .shortfall import Shortfall, shortfalls, without_networks
from .wording import USUAL, heading, searched, value

_MOST_ROWS = 40
"""Rows of a table; all points are in the other forms."""


@dataclass(frozen=True)
class Network:
    """One network with its figures."""

    name: str
    figures: dict[str, int]
    """By the names of `MEASURES`."""


@dataclass(frozen=True)
class Point(Network):
    """A network on the front."""

    spec: Spec
    equal: int
    """How many networks have the same objectives; this one is the first of them."""


@dataclass(frozen=True)
class Check:
    """Whether a network could be on the front: no network of the space is better."""

    network: Network
    broken: tuple[Bound, ...]
    """The bounds that it does not keep."""
    better: Point | None
    """One that is nowhere worse and somewhere better, if there is one."""

    @property
    def holds(self) -> bool:
        return not self.broken and self.better is None


@dataclass(frozen=True)
class SearchResult(Shown):
    """The networks of a space that no other one within the bounds is better than."""

    query: Query
    result: RunResult
    checks: tuple[Check, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether there is a front, and all that was to be on it is."""
        return len(self.result.front) > 0 and all(check.holds for check in self.checks)

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """The front, by the first objective."""
        return tuple(_points(self.query, self.result))

    def against(self, networks: Iterable[Network]) -> SearchResult:
        """The same with each of `networks` held against the front."""
        return replace(self, checks=tuple(map(self._check, networks)))

    def _check(self, network: Network) -> Check:
        figures = network.figures
        broken = tuple(b for b in self.query.bounds if not b.holds(figures[b.measure]))
        better = (p for p in self.points if _is_better(self.query, p.figures, figures))
        return Check(network, broken, next(better, None))

    @cached_property
    def shortfalls(self) -> tuple[Shortfall, ...]:
        """What comes nearest to each bound, where no network keeps all of them."""
        return tuple(shortfalls(self.query, self.result))

    def tables(self) -> Sequence[Table]:
        space = self.query.space
        before = [searched(space)] if space.is_default else []
        return [*before, self._front(), *([self._checks()] if self.checks else [])]

    def to_dict(self) -> dict[str, Any]:
        query, result = self.query, self.result
        return {
            "schema": 2,
            "default": query.space.is_default,
            "keys": list(query.space.keys),
            "grids": [
                {
                    "spec": _values(grid.spec),
                    "specs": grid.size,
                    "axes": [asdict(axis) for axis in grid.axes],
                }
                for grid in query.space.grids
            ],
            "bounds": [
                {"measure": b.measure, "least": b.least, "most": b.most} for b in query.bounds
            ],
            "maximize": list(query.maximize),
            "minimize": list(query.minimize),
            "specs": query.space.size,
            "networks": result.networks,
            "within": result.within,
            "front": [
                {"spec": _values(p.spec), "equal": p.equal, "figures": p.figures}
                for p in self.points
            ],
            "nearest": [shortfall.to_dict() for shortfall in self.shortfalls],
            "checks": [_told(check) for check in self.checks],
        }

    def records(self) -> list[dict[str, Any]]:
        keys = dict.fromkeys((*USUAL, *self.query.space.keys))
        return [
            {**{heading(key): value(p.spec, key) for key in keys}, **p.figures, "equal": p.equal}
            for p in self.points
        ]

    def _front(self) -> Table:
        space, result, keys = self.query.space, self.result, self.query.space.keys
        columns = [Column("point", number=True), *map(Column, map(heading, keys)), *self._titles()]
        shown = _spread(self.points)
        rows = [
            [number, *(value(p.spec, key) for key in keys), *self._texts(p)] for number, p in shown
        ]
        if any(point.equal > 1 for point in self.points):
            columns.append(Column("equal", number=True))
            rows = [[*row, p.equal] for row, (_, p) in zip(rows, shown, strict=True)]
        title = f"the front of {space.size:,} specs: {_aims(self.query)}"
        return Table(title, columns, list(map(Row, rows)), self._notes(result))

    def _notes(self, result: RunResult) -> list[str]:
        notes = [f"{result.networks:,} are networks"]
        if self.query.bounds:
            bounds = ", ".join(map(str, self.query.bounds))
            notes[0] += f", {result.within:,} of them within {bounds}"
        notes += [f.sentence(self.query) for f in self.shortfalls]
        notes += without_networks(self.query, result)
        hidden = len(self.points) - _MOST_ROWS
        if hidden > 0:
            notes.append(f"{hidden:,} more points between these: --format csv has all")
        if any(point.equal > 1 for point in self.points):
            notes.append(
                "equal: so many networks have these objectives, of which the first is shown"
            )
        return notes

    def _checks(self) -> Table:
        columns = (Column("network"), *self._titles(), Column("on the front", prose=True))
        rows = [
            Row((check.network.name, *self._texts(check.network), self._verdict(check)))
            for check in self.checks
        ]
        return Table("held against the front", columns, rows)

    @property
    def _shown(self) -> list[str]:
        """Activations are few people's query, and a wide column."""
        return [n for n in MEASURES if n != "activations" or n in self.query.measures]

    def _titles(self) -> list[Column]:
        return [Column(MEASURES[name].title, number=True) for name in self._shown]

    def _texts(self, network: Network) -> list[Cell]:
        return [MEASURES[name].text(network.figures[name]) for name in self._shown]

    def _verdict(self, check: Check) -> str:
        if check.broken:
            return f"no: not {' and '.join(map(str, check.broken))}"
        if not check.better:
            return "yes"
        keys, figures = dict.fromkeys((*self.query.space.keys, *USUAL)), check.better.figures
        named = ((MEASURES[name], figures[name]) for name in self.query.objectives)
        costs = (f"{measure.text(figure)} {measure.title}" for measure, figure in named)
        values = filter(None, (value(check.better.spec, key) for key in keys))
        return f"no: {' '.join(values)} has {', '.join(costs)}"


def _points(query: Query, result: RunResult) -> Iterable[Point]:
    """The front's specs with all their figures."""
    space, measures = query.space, tuple(MEASURES)
    table = np.zeros((len(measures), len(result.front)), np.int64)
    for grid, rows, places in space.by_grid(result.front.indices):
        table[:, rows] = figures_at(query, measures, grid, places).table
    for column, index, equal in zip(table.T, result.front.indices, result.front.equal, strict=True):
        spec = space.spec(int(index))
        figures = dict(zip(measures, column.tolist(), strict=True))
        yield Point(spec.title, figures, spec, int(equal))


def networks(sources: Iterable[Source]) -> list[Network]:
    """The networks of `sources` with their figures.

    Raises:
        All that `load` raises.
    """
    return [_network(load(source)) for source in sources]


def _network(model: Model) -> Network:
    report = of_model(model)
    figures = {name: int(measure.of(report)) for name, measure in MEASURES.items()}
    return Network(model.name, figures)


def _is_better(query: Query, one: dict[str, int], other: dict[str, int]) -> bool:
    """Nowhere worse, and not equal."""
    pairs = [(one[name], other[name]) for name in query.maximize]
    pairs += [(other[name], one[name]) for name in query.minimize]
    return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)


def _aims(query: Query) -> str:
    aims = [f"most {MEASURES[name].title}" for name in query.maximize]
    return ", ".join(aims + [f"least {MEASURES[name].title}" for name in query.minimize])


def _spread(points: Sequence[Point]) -> list[tuple[int, Point]]:
    """As many as a table has room for, the first and the last among them, with their numbers."""
    numbered = list(enumerate(points, 1))
    if len(points) <= _MOST_ROWS:
        return numbered
    step = (len(points) - 1) / (_MOST_ROWS - 1)
    return [numbered[round(number * step)] for number in range(_MOST_ROWS)]


def _values(spec: Spec) -> dict[str, Any]:
    """The spec as a file would have it."""
    values: dict[str, Any] = spec.model_dump(mode="json", exclude={"name"})
    return values


def _told(check: Check) -> dict[str, Any]:
    return {
        "name": check.network.name,
        "figures": check.network.figures,
        "on_front": check.holds,
        "broken": [bound.measure for bound in check.broken],
        "better": _values(check.better.spec) if check.better else None,
    }
