"""How far a search is: the runs that are done and what they found, in memory and in a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import BudgetError, FileError
from ..files import read_text, write_text
from .arrays import np
from .explore import Found, figures_at, keeps, nothing, signed
from .pareto import Points, front
from .question import Question

_LARGEST_FILE = 64 * 1024 * 1024

Run = tuple[int, int]
"""Specs from the first to before the second."""
_Count = Annotated[int, Field(ge=0, strict=True)]


class _Kept(BaseModel):
    """What the file holds; the figures of the front are found again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_: Annotated[Literal[1], Field(alias="schema")]
    question: str
    done: list[tuple[_Count, _Count]]
    networks: _Count
    within: _Count
    front: list[tuple[_Count, Annotated[int, Field(ge=1, strict=True)]]]


class State(NamedTuple):
    """What is known at one moment."""

    done: tuple[Run, ...]
    """Sorted, with a gap between any two."""
    found: Found


class Progress:
    """The state of one search, which changes from run to run, and never by half of one."""

    def __init__(self, question: Question, state: State | None = None) -> None:
        self.question = question
        self.state = state or State((), nothing(question))

    @property
    def found(self) -> Found:
        return self.state.found

    def add(self, run: Run, found: Found) -> None:
        """Take in what a run found."""
        joined: list[Run] = []
        for start, stop in sorted([*self.state.done, run]):
            if joined and joined[-1][1] == start:
                start = joined.pop()[0]
            joined.append((start, stop))
        self.state = State(tuple(joined), self.found.and_(found))

    def left(self, length: int) -> Iterator[Run]:
        """The runs that are still to do, each of at most `length` specs."""
        edges = [0, *(edge for run in self.state.done for edge in run), self.question.space.size]
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            for start in range(begin, end, length):
                yield start, min(start + length, end)

    def save(self, path: Path) -> None:
        """Write it whole, or not at all.

        Raises:
            FileError: it cannot be written.
        """
        points = self.found.front
        kept = {
            "schema": 1,
            "question": self.question.fingerprint,
            "done": self.state.done,
            "networks": self.found.networks,
            "within": self.found.within,
            "front": np.stack((points.indices, points.equal), axis=1).tolist(),
        }
        write_text(path, json.dumps(kept))


def resumed(question: Question, path: Path) -> Progress:
    """What `save` wrote of the same question.

    Raises:
        FileError: the file cannot be read, or is none of these.
        BudgetError: it is of another question.
    """
    try:
        kept = _Kept.model_validate_json(read_text(path, _LARGEST_FILE))
    except ValidationError as error:
        raise _damaged(path, str(error.errors()[0]["msg"])) from None
    if kept.question != question.fingerprint:
        raise BudgetError(
            f"{path} is of another question: other numbers, bounds or objectives",
            fix="the command that it was written by, or another --checkpoint",
        )
    tested = _tested(kept, question.space.size, path)
    found = Found(tested, kept.networks, kept.within, _points(question, kept, path))
    return Progress(question, State(tuple(kept.done), found))


def _tested(kept: _Kept, size: int, path: Path) -> int:
    """How many specs are done, once what is kept is known to make sense."""
    edges = [edge for run in kept.done for edge in run]
    if any(a >= b for a, b in pairwise(edges)) or max(edges, default=0) > size:
        raise _damaged(path, "the runs that are done overlap or leave the space")
    tested = sum(stop - start for start, stop in kept.done)
    if not len(kept.front) <= kept.within <= kept.networks <= tested:
        raise _damaged(path, "its counts contradict each other")
    return tested


def _points(question: Question, kept: _Kept, path: Path) -> Points:
    """The front that is kept, held against the bounds and against itself."""
    found = Points.none(len(question.objectives))
    if any(not _inside(index, kept.done) or equal > kept.within for index, equal in kept.front):
        raise _damaged(path, "its front has a spec that is not done")
    indices, equal = np.asarray(kept.front, np.int64).reshape(-1, 2).T
    for family, rows, places in question.space.by_family(indices):
        figures = figures_at(question, question.measures, family, places)
        some = Points(signed(question, figures.table).T, indices[rows], equal[rows])
        found = found.with_others(some[keeps(question, figures)])
    best = front(found)
    if len(best) < len(kept.front):
        raise _damaged(path, "what it holds is no front")
    return best


def _inside(index: int, runs: list[Run]) -> bool:
    return any(start <= index < stop for start, stop in runs)


def _damaged(path: Path, why: str) -> FileError:
    return FileError(
        f"{path} is no checkpoint of budget: {why}",
        fix="another file, or none, to begin from the start",
    )
