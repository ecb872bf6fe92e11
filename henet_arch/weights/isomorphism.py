"""Which vertices of two coloured graphs stand for each other: an isomorphism, if there is one.

Classes of vertices that nothing tells apart are split until each has one vertex of either graph:
by what their vertices have beside them (colour refinement), and where that says nothing, by a
choice, which is taken back where it fails. Where all choices are alike, as among the outputs of a
convolution, none fails.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

Neighbours = Sequence[Sequence[tuple[int, int]]]
"""For each vertex how others are beside it, as a number, and which."""
MOST_FAILURES = 2_000
"""Choices that are taken back before the search ends."""


class NoIsomorphismError(Exception):
    """Two graphs are not isomorphic, or none was found.

    Attributes:
        vertices: What has no counterpart.
        certain: Whether there is none; else the search was given up.
    """

    def __init__(self, vertices: Sequence[int], *, certain: bool = True) -> None:
        super().__init__(f"{len(vertices)} vertices have no counterpart")
        self.vertices = vertices
        self.certain = certain


def isomorphism(colours: Sequence[Hashable], neighbours: Neighbours, first: int) -> dict[int, int]:
    """For each vertex of the second graph, its counterpart in the first.

    A graph is mapped to itself as it stands.

    Args:
        colours: Of the vertices of both graphs, those of the first graph before the others.
        neighbours: Of the same vertices, from both ends.
        first: How many vertices the first graph has.

    Raises:
        NoIsomorphismError: there is none, or too many choices have failed.
    """
    classes = _Classes(colours, neighbours, first)
    classes.refine(list(range(len(classes.members))))
    classes.choose()
    pairs = (sorted(members) for members in classes.members)
    return {other: own for own, other in pairs}


@dataclass(frozen=True)
class _Choice:
    """A vertex of the first graph, and those of the second that may be its counterpart."""

    vertex: int
    splits: int
    """How many splits came before."""
    others: Iterator[int]


class _Classes:
    """The classes of vertices, and how each was split off from another."""

    def __init__(self, colours: Sequence[Hashable], neighbours: Neighbours, first: int) -> None:
        self._neighbours = neighbours
        self._first = first
        self._of = [0] * len(colours)
        self._failed: Sequence[int] = ()
        self._failures = 0
        self._splits: list[int] = []
        """The class that each class beyond the first ones was split from, in order."""
        self.members: list[dict[int, None]] = []
        by_colour: dict[Hashable, list[int]] = {}
        for vertex, colour in enumerate(colours):
            by_colour.setdefault(colour, []).append(vertex)
        for vertices in by_colour.values():
            self._check(vertices)
            self._enter(vertices)

    def refine(self, waiting: list[int]) -> None:
        """Split classes until equal vertices have equal ones beside them.

        Args:
            waiting: The classes that others may have to be split by.

        Raises:
            NoIsomorphismError: a class has more vertices of one graph than of the other.
        """
        queued = set(waiting)
        while waiting:
            splitter = waiting.pop()
            queued.discard(splitter)
            for number, parts in self._parts(splitter).items():
                for part in parts:
                    self._check(part)
                pieces = [number, *(self._split(number, part) for part in parts)]
                if number not in queued:  # what the largest splits, all others split too
                    pieces.remove(max(pieces, key=lambda piece: len(self.members[piece])))
                more = [piece for piece in pieces if piece not in queued]
                queued.update(more)
                waiting += more

    def _parts(self, splitter: int) -> dict[int, list[list[int]]]:
        """By class the vertices that are beside `splitter` in different ways, but for one way."""
        beside: dict[int, list[int]] = {}
        for vertex in self.members[splitter]:
            for way, other in self._neighbours[vertex]:
                beside.setdefault(other, []).append(way)
        by_class: dict[int, dict[tuple[int, ...], list[int]]] = {}
        for vertex, ways in beside.items():
            parts = by_class.setdefault(self._of[vertex], {})
            parts.setdefault(tuple(sorted(ways)), []).append(vertex)
        result = {}
        for number, ways_of in by_class.items():
            parts_of = sorted(ways_of.values(), key=len)
            if sum(map(len, parts_of)) == len(self.members[number]):
                parts_of.pop()  # the others are all that is split off
            if parts_of:
                result[number] = parts_of
        return result

    def choose(self) -> None:
        """Pair vertices that nothing tells apart, one after the other.

        Raises:
            NoIsomorphismError: no choice works, or too many have failed.
        """
        choices: list[_Choice] = []
        vertex = 0
        while (vertex := self._undecided(vertex)) < self._first:
            choices.append(_Choice(vertex, len(self._splits), self._others(vertex)))
            while not self._advance(choices[-1]):
                choices.pop()
                if not choices:
                    raise NoIsomorphismError(self._failed)
            vertex = choices[-1].vertex

    def _undecided(self, vertex: int) -> int:
        """The first vertex of the first graph, from this one on, whose class has others of it."""
        while vertex < self._first and len(self.members[self._of[vertex]]) == 2:
            vertex += 1
        return vertex

    def _others(self, vertex: int) -> Iterator[int]:
        """The vertices of the second graph in a vertex's class."""
        first = min(v for v in self.members[self._of[vertex]] if v >= self._first)
        yield first
        yield from sorted(v for v in self.members[self._of[vertex]] if v > first)

    def _advance(self, choice: _Choice) -> bool:
        """Pair the vertex with the next one that works; False where none is left."""
        while True:
            self._undo(choice.splits)
            other = next(choice.others, None)
            if other is None:
                return False
            try:
                self.refine([self._split(self._of[other], [choice.vertex, other])])
            except NoIsomorphismError as error:
                self._failed = error.vertices
                self._failures += 1
                if self._failures > MOST_FAILURES:
                    raise NoIsomorphismError(self._failed, certain=False) from None
            else:
                return True

    def _enter(self, vertices: Sequence[int]) -> int:
        """A new class."""
        number = len(self.members)
        self.members.append(dict.fromkeys(vertices))
        for vertex in vertices:
            self._of[vertex] = number
        return number

    def _split(self, number: int, vertices: Sequence[int]) -> int:
        """A new class of vertices that were in another."""
        for vertex in vertices:
            del self.members[number][vertex]
        self._splits.append(number)
        return self._enter(vertices)

    def _undo(self, splits: int) -> None:
        """Take back all splits but the first ones."""
        while len(self._splits) > splits:
            number = self._splits.pop()
            vertices = self.members.pop()
            self.members[number].update(vertices)
            for vertex in vertices:
                self._of[vertex] = number

    def _check(self, vertices: Sequence[int]) -> None:
        """Refuse what has more vertices of one graph than of the other."""
        if 2 * sum(vertex < self._first for vertex in vertices) != len(vertices):
            raise NoIsomorphismError(vertices)
