"""A layout of few nodes in ranks, one after the other along the flow (Sugiyama, 1981).

Positions are along the flow (`main`) and across it (`cross`), whatever way that is on the page. A
line that passes a rank keeps a lane of its own there, so that no line runs through a node. Lines
that come from one port share their lane.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import sqrt
from typing import NamedTuple

Point = tuple[float, float]
"""Along the flow, and across it."""


class Node(NamedTuple):
    """What is placed.

    Attributes:
        main: its extent along the flow.
        cross: its extent across.
        last: whether it stands behind all others, where a frame ends.
        apart: how far apart across lines reach it, where several do.
        round: the radius of its corners.
    """

    main: float
    cross: float
    last: bool = False
    apart: float = 0.0
    round: float = 0.0


class Link(NamedTuple):
    """A line from one node to a later one.

    Attributes:
        start: where it leaves the source, across, from the source's middle.
        end: where it reaches the target, across, from the target's middle.
        lane: links of one source that have the same share their way.
    """

    source: int
    target: int
    start: float = 0.0
    end: float = 0.0
    lane: object = None


class Placement(NamedTuple):
    """Where everything is.

    Attributes:
        nodes: each node's middle across and its start along the flow, as (main, cross).
        ways: each link's points; between two that differ across, the line bends.
        bands: the start and end of each node's rank.
        main: the extent of all along the flow.
        top: the least position across, and `bottom` the largest.
    """

    nodes: tuple[Point, ...]
    ways: tuple[tuple[Point, ...], ...]
    bands: tuple[Point, ...]
    main: float
    top: float
    bottom: float


_SWEEPS = 6
_FIXED = 1e15
"""The weight of what stays where it is."""
_MOST_COUNTED = 400
"""Lines between two ranks, beyond which their crossings are not counted."""


def layered(
    nodes: Sequence[Node], links: Sequence[Link], gap: float = 14.0, beside: float = 6.0
) -> Placement:
    """Place nodes, which come in an order in which no link goes back.

    Args:
        gap: between ranks; none between a border and a node that one line joins to it.
        beside: between what is in one rank.
    """
    grid = _Grid.of(nodes, links)
    grid.gap = beside
    grid.order()
    cross = grid.levelled()
    starts, ends = _bands(grid, gap)
    middles = [
        starts[rank]
        + (ends[rank] - starts[rank] - node.main) * (node.last or node.main / 2 > 0) / 2
        for rank, node in zip(grid.rank, nodes, strict=False)
    ]
    placed = tuple((middles[i], cross[i]) for i in range(len(nodes)))
    ways = []
    shifts = _apart(nodes, links, grid, cross)
    for link, passed, shift in zip(links, grid.passed, shifts, strict=True):
        first, last = link.source, link.target
        end = cross[last] + link.end + shift
        inside = cap(nodes[last], shift)
        way = [
            (middles[first] + nodes[first].main, cross[first] + link.start),
            (ends[grid.rank[first]], cross[first] + link.start),
        ]
        for lane in passed:
            way += [(at, cross[lane]) for at in (starts[grid.rank[lane]], ends[grid.rank[lane]])]
        way += [(starts[grid.rank[last]], end), (middles[last] + inside, end)]
        ways.append(tuple(way))
    halves = [
        (cross[i] - grid.cross[i] / 2, cross[i] + grid.cross[i] / 2) for i in range(grid.size)
    ]
    return Placement(
        placed,
        tuple(ways),
        tuple((starts[grid.rank[i]], ends[grid.rank[i]]) for i in range(len(nodes))),
        ends[-1] if ends else 0.0,
        min((low for low, _ in halves), default=0.0),
        max((high for _, high in halves), default=0.0),
    )


def cap(node: Node, across: float) -> float:
    """How far behind its foremost point a node with round corners is reached beside its middle."""
    over = abs(across) - (node.cross / 2 - node.round)
    return node.round - sqrt(max(node.round**2 - over**2, 0.0)) if over > 0 and node.round else 0.0


def _apart(
    nodes: Sequence[Node], links: Sequence[Link], grid: _Grid, cross: Sequence[float]
) -> list[float]:
    """How far from its end each line reaches its target, so that none hides another.

    The line of the longest way keeps its place.
    """
    result = [0.0] * len(links)
    coming: dict[int, list[int]] = defaultdict(list)
    for index, link in enumerate(links):
        if nodes[link.target].apart:
            coming[link.target].append(index)
    for target, own in coming.items():
        before = {i: (grid.passed[i] or [links[i].source])[-1] for i in own}
        own.sort(key=lambda i: (cross[before[i]], i))
        weights = [grid.weight[before[i], target] for i in own]
        most = [n for n, weight in enumerate(weights) if weight == max(weights)]
        middle = most[0] if len(most) == 1 else (len(own) - 1) / 2
        step = min(nodes[target].apart, nodes[target].cross * 0.8 / len(own))
        for place, index in enumerate(own):
            result[index] = (place - middle) * step
    return result


def _bands(grid: _Grid, gap: float) -> tuple[list[float], list[float]]:
    """Where each rank starts and ends along the flow."""
    starts, ends = [], []
    at = 0.0
    for rank in grid.ranks:
        starts.append(at)
        ends.append(at + max(grid.main[i] for i in rank))
        at = ends[-1] + (0.0 if _is_straight(grid, len(ends) - 1) else gap)
    return starts, ends


def _is_straight(grid: _Grid, at: int) -> bool:
    """Whether one line alone leads from a border to the one node of the next rank, or back."""
    ranks = grid.ranks[at : at + 2]
    if max(map(len, ranks)) > 1 or len(grid.after[ranks[0][0]]) > 1:
        return False
    return any(not grid.main[rank[0]] for rank in ranks)


def _merged(
    one: tuple[float, float, int], other: tuple[float, float, int]
) -> tuple[float, float, int]:
    weight = one[1] + other[1]
    return (one[0] * one[1] + other[0] * other[1]) / weight, weight, one[2] + other[2]


@dataclass
class _Grid:
    """Nodes, and the lanes of links that pass a rank, by rank and in order across."""

    rank: list[int]
    main: list[float]
    cross: list[float]
    ranks: list[list[int]]
    passed: list[list[int]]
    """The lanes that each link passes."""
    after: dict[int, dict[int, float]]
    """What follows each place, with where the line reaches it (0 to 1, across)."""
    before: dict[int, dict[int, float]]
    shift: dict[tuple[int, int], float]
    """How far across the second of two places must stand from the first for a straight line."""
    weight: dict[tuple[int, int], int] = field(default_factory=dict)
    """How many nodes are on the longest way through a line."""
    gap: float = 0.0
    """Across, between the members of a rank."""
    real: int = 0
    """How many of the places are nodes; the others are lanes."""

    @property
    def size(self) -> int:
        return len(self.rank)

    @classmethod
    def of(cls, nodes: Sequence[Node], links: Sequence[Link]) -> _Grid:
        rank = _ranked(nodes, links)
        main = [node.main for node in nodes]
        cross = [node.cross for node in nodes]
        lanes: dict[tuple[object, ...], int] = {}
        passed: list[list[int]] = []
        after: dict[int, dict[int, float]] = defaultdict(dict)
        before: dict[int, dict[int, float]] = defaultdict(dict)
        shift: dict[tuple[int, int], float] = {}
        inputs: dict[int, int] = defaultdict(int)
        for link in links:
            inputs[link.target] += 1
        seen: dict[int, int] = defaultdict(int)
        for link in links:
            own = []
            for at in range(rank[link.source] + 1, rank[link.target]):
                key = (link.source, link.start, link.lane, at)
                if key not in lanes:
                    lanes[key] = len(rank)
                    rank.append(at)
                    main.append(0.0)
                    cross.append(0.0)
                own.append(lanes[key])
            passed.append(own)
            seen[link.target] += 1
            way = [link.source, *own, link.target]
            for first, second in pairwise(way):
                part = seen[link.target] / (inputs[link.target] + 1) if second == way[-1] else 0.5
                after[first].setdefault(second, part)
                before[second].setdefault(first, part)
                start = link.start if first == link.source else 0.0
                shift[first, second] = start - (link.end if second == link.target else 0.0)
        ranks: list[list[int]] = [[] for _ in range(max(rank, default=-1) + 1)]
        for place, at in enumerate(rank):
            ranks[at].append(place)
        grid = cls(rank, main, cross, ranks, passed, after, before, shift)
        grid.real = len(nodes)
        grid.weight = grid._weights(len(nodes))
        return grid

    def _weights(self, real: int) -> dict[tuple[int, int], int]:
        forward, backward = [0] * self.size, [0] * self.size
        for rank in self.ranks:
            for i in rank:
                counted = int(i < real and self.main[i] > 0)
                forward[i] = counted + max((forward[j] for j in self.before[i]), default=0)
        for rank in reversed(self.ranks):
            for i in rank:
                counted = int(i < real and self.main[i] > 0)
                backward[i] = counted + max((backward[j] for j in self.after[i]), default=0)
        return {(i, j): forward[i] + backward[j] for i in range(self.size) for j in self.after[i]}

    def order(self) -> None:
        """Order each rank: as the operands of what follows, then with fewer crossings."""
        self._sweep(self.ranks[::-1], self.after)
        best, least = [list(rank) for rank in self.ranks], self._crossings()
        for sweep in range(_SWEEPS):
            if not least:
                break
            forward = sweep % 2 == 0
            self._sweep(
                self.ranks if forward else self.ranks[::-1], self.before if forward else self.after
            )
            crossings = self._crossings()
            if crossings < least:
                best, least = [list(rank) for rank in self.ranks], crossings
        self.ranks = best

    def _sweep(self, ranks: Sequence[list[int]], beside: dict[int, dict[int, float]]) -> None:
        """Order each rank by the mean place of what its members lead to in the rank before."""
        places: dict[int, int] = {}
        for rank in ranks:
            own = {place: index for index, place in enumerate(rank)}
            keys = {
                i: sum(places[j] + part for j, part in beside[i].items()) / len(beside[i])
                if beside[i]
                else float(own[i])
                for i in rank
            }
            rank.sort(key=lambda i: (keys[i], own[i]))
            places = {place: index for index, place in enumerate(rank)}

    def _crossings(self) -> int:
        return sum(map(self._crossings_after, range(len(self.ranks) - 1)))

    def _crossings_after(self, at: int) -> int:
        places = {place: index for index, place in enumerate(self.ranks[at + 1])}
        lines = [
            (index, places[j] + part)
            for index, i in enumerate(self.ranks[at])
            for j, part in self.after[i].items()
        ]
        if len(lines) > _MOST_COUNTED:
            return 0
        return sum(
            (a - c) * (b - d) < 0 for k, (a, b) in enumerate(lines) for c, d in lines[k + 1 :]
        )

    def levelled(self) -> list[float]:
        """Positions across: long ways straight, the others beside them."""
        cross = [0.0] * self.size
        for rank in self.ranks:
            at = -sum(self.cross[i] + self.gap for i in rank) / 2
            for i in rank:
                cross[i] = at + self.cross[i] / 2
                at += self.cross[i] + self.gap
        for sweep in range(_SWEEPS + 1):
            forward = sweep % 2 == 1
            for rank in self.ranks if forward else self.ranks[::-1]:
                self._level(rank, cross, self.before if forward else self.after)
        for rank in self.ranks:  # lanes follow the nodes, which stay
            self._level(rank, cross, self.before, lanes_only=True)
        onward = {i: {j: part for j, part in after.items() if j >= self.real}
                  for i, after in self.after.items()}  # fmt: skip
        for rank in reversed(self.ranks):  # and are straight
            self._level(rank, cross, defaultdict(dict, onward), lanes_only=True)
        return cross

    def _level(
        self,
        rank: Sequence[int],
        cross: list[float],
        beside: dict[int, dict[int, float]],
        *,
        lanes_only: bool = False,
    ) -> None:
        """Bring a rank near to what it leads to, without changing its order."""
        weights = self._priorities(rank, beside)
        wanted = []
        for index, i in enumerate(rank):
            stays = lanes_only and i < self.real
            weights[index] = _FIXED if stays else weights[index]
            wanted.append(cross[i] if stays else self._wanted(i, cross, beside))
        offsets = [0.0]
        for i, j in pairwise(rank):
            offsets.append(offsets[-1] + (self.cross[i] + self.cross[j]) / 2 + self.gap)
        groups: list[tuple[float, float, int]] = []  # mean wish, weight and number of neighbours
        for wish, offset, weight in zip(wanted, offsets, weights, strict=True):
            groups.append((wish - offset, weight, 1))
            while len(groups) > 1 and groups[-2][0] > groups[-1][0]:
                groups[-2:] = [_merged(*groups[-2:])]
        index = 0
        for mean, _, count in groups:
            for _ in range(count):
                cross[rank[index]] = mean + offsets[index]
                index += 1

    def _priorities(self, rank: Sequence[int], beside: dict[int, dict[int, float]]) -> list[float]:
        """How little each may give way: what is on the one longest way much less."""
        most = [max((self._weight(i, j) for j in beside[i]), default=0) for i in rank]
        alone = most.count(max(most)) == 1
        return [1000.0 if alone and weight == max(most) else 1.0 for weight in most]

    def _wanted(
        self, place: int, cross: Sequence[float], beside: dict[int, dict[int, float]]
    ) -> float:
        """On the one longest way through it, else amid what it leads to."""
        near = beside[place]
        if not near:
            return cross[place]
        most = max(self._weight(place, j) for j in near)
        first = [j for j in near if self._weight(place, j) == most]
        chosen = first if len(first) == 1 else list(near)
        return sum(cross[j] + self._step(j, place) for j in chosen) / len(chosen)

    def _step(self, one: int, other: int) -> float:
        """How far `other` stands from `one` across where the line between them is straight."""
        forth = self.shift.get((one, other))
        return forth if forth is not None else -self.shift[other, one]

    def _weight(self, one: int, other: int) -> int:
        return self.weight.get((one, other), self.weight.get((other, one), 0))


def _ranked(nodes: Sequence[Node], links: Sequence[Link]) -> list[int]:
    """Each node behind the last that it reads; the last ones behind all."""
    rank = [0] * len(nodes)
    reads: dict[int, list[int]] = defaultdict(list)
    for link in links:
        reads[link.target].append(link.source)
    for index in range(len(nodes)):
        rank[index] = max((rank[source] + 1 for source in reads[index]), default=0)
    end = max((r for r, node in zip(rank, nodes, strict=True) if not node.last), default=-1) + 1
    return [end if node.last else r for r, node in zip(rank, nodes, strict=True)]
