"""Which places in memory are taken while a run of steps lasts: a segment tree over the steps."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

Place = tuple[int, int]
"""The first element, and the one behind the last."""


class Union:
    """Places as few disjoint ranges in order."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def __iter__(self) -> Iterator[Place]:
        return zip(self._starts, self._ends, strict=True)

    def add(self, place: Place) -> None:
        """Merge it with the ranges that it meets."""
        start, end = place
        first, beyond = bisect_left(self._ends, start), bisect_right(self._starts, end)
        if first < beyond:
            start, end = min(start, self._starts[first]), max(end, self._ends[beyond - 1])
        self._starts[first:beyond], self._ends[first:beyond] = [start], [end]


class Occupancy:
    """The places that are taken at each of some steps."""

    def __init__(self, steps: int) -> None:
        self._leaves = 1 << max(steps - 1, 0).bit_length()
        self._throughout = [Union() for _ in range(2 * self._leaves)]
        """For each node of the tree, what is taken during all of its steps."""
        self._sometimes = [Union() for _ in range(2 * self._leaves)]
        """What is taken during one of its steps at least."""

    def take(self, place: Place, first: int, last: int) -> None:
        """Take a place from the step `first` to the step `last`."""
        nodes = list(self._nodes(first, last))
        for node in nodes:
            self._throughout[node].add(place)
        for node in {*nodes, *_above(nodes)}:
            self._sometimes[node].add(place)

    def taken(self, first: int, last: int) -> list[Place]:
        """What is taken at one of these steps at least, in order."""
        nodes = list(self._nodes(first, last))
        unions = [self._sometimes[node] for node in nodes]
        unions += [self._throughout[node] for node in _above(nodes)]
        return sorted(place for union in unions for place in union)

    def _nodes(self, first: int, last: int) -> Iterator[int]:
        """The fewest nodes that have these steps and no others."""
        low, high = first + self._leaves, last + self._leaves + 1
        while low < high:
            if low & 1:
                yield low
                low += 1
            if high & 1:
                high -= 1
                yield high
            low, high = low >> 1, high >> 1


def _above(nodes: list[int]) -> set[int]:
    above: set[int] = set()
    for node in nodes:
        while node := node >> 1:
            if node in above:
                break
            above.add(node)
    return above
