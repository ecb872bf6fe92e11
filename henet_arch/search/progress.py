"""How far a search is: the runs that are done and what they found, in memory and in a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..support.errors import BudgetError
from ..support.files import write_text
from .arrays import np
from .checkpoint import Checkpoint, Run, damaged, read
from .explore import RunResult, figures_at, keeps, nothing, signed
from .nearest import Nearest, nearest, nearest_of
from .pareto import Points, front
from .query import Query


class State(NamedTuple):
    """What is known at one moment."""

    done: tuple[Run, ...]
    """Sorted, with a gap between any two."""
    result: RunResult


class Progress:
    """The state of one search, which changes from run to run, and never by half of one."""

    def __init__(self, query: Query, state: State | None = None) -> None:
        self.query = query
        self.state = state or State((), nothing(query))

    @property
    def result(self) -> RunResult:
        return self.state.result

    def add(self, run: Run, result: RunResult) -> None:
        """Take in what a run found."""
        joined: list[Run] = []
        for start, stop in sorted([*self.state.done, run]):
            if joined and joined[-1][1] == start:
                start = joined.pop()[0]
            joined.append((start, stop))
        self.state = State(tuple(joined), self.result.and_(result))

    def left(self, length: int) -> Iterator[Run]:
        """The runs that are still to do, each of at most `length` specs."""
        edges = [0, *(edge for run in self.state.done for edge in run), self.query.space.size]
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            for start in range(begin, end, length):
                yield start, min(start + length, end)

    def save(self, path: Path) -> None:
        """Write it whole, or not at all; a file that holds more of this search stays as it is.

        Raises:
            FileError: it cannot be written, or another file has come there.
            BudgetError: the checkpoint of another query has.
        """
        if path.exists() and kept_of(self.query, path).tested > self.result.tested:
            return
        points = self.result.front
        kept = Checkpoint(
            query=self.query.fingerprint,
            done=list(self.state.done),
            networks=self.result.networks,
            within=self.result.within,
            front=np.stack((points.indices, points.equal), axis=1).tolist(),
            nearest=[near.number for near in self.result.nearest.values()],
        )
        write_text(path, kept.text())


def kept_of(query: Query, path: Path) -> Checkpoint:
    """What a file holds of a query.

    Raises:
        FileError: the file cannot be read, or is not as it was written.
        BudgetError: it is of another query.
    """
    kept = read(path)
    if kept.query != query.fingerprint:
        raise BudgetError(
            f"{path} is of another query: other numbers, bounds or objectives",
            fix="the command that it was written by, or another --checkpoint",
        )
    return kept


def resumed(query: Query, path: Path) -> Progress:
    """What `save` wrote of the same query.

    Raises:
        All that `kept_of` raises.
    """
    kept = kept_of(query, path)
    size = query.space.size
    if kept.done and kept.done[-1][1] > size:
        raise damaged(path, "the runs that are done leave the space")
    points = _points(query, kept, path)
    near = {} if kept.within else _nearest(query, kept)
    result = RunResult(kept.tested, kept.networks, kept.within, points, near)
    return Progress(query, State(tuple(kept.done), result))


def _points(query: Query, kept: Checkpoint, path: Path) -> Points:
    """The front that is kept, held against the bounds and against itself."""
    result = Points.none(len(query.objectives))
    indices, equal = np.asarray(kept.front, np.int64).reshape(-1, 2).T
    for grid, rows, places in query.space.by_grid(indices):
        figures = figures_at(query, query.measures, grid, places)
        some = Points(signed(query, figures.table).T, indices[rows], equal[rows])
        result = result.with_others(some[keeps(query, figures)])
    best = front(result)
    if len(best) < len(kept.front):
        raise damaged(path, "what it holds is no front")
    return best


def _nearest(query: Query, kept: Checkpoint) -> Nearest:
    """What is kept as nearest to the bounds, with its figures."""
    result: Nearest = {}
    for grid, _, places in query.space.by_grid(np.asarray(kept.nearest, np.int64)):
        figures = figures_at(query, query.measures, grid, places)
        result = nearest_of(result, nearest(query, grid, places, figures))
    return result
