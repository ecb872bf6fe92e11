"""Lines from box to box, joined from their pieces inside each frame."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from .plan import Wire

_Point = tuple[float, float]
_Place = tuple[str, float, float]


def joined(wires: Sequence[Wire]) -> Iterator[Wire]:
    """Every line from the box that it leaves to the one that it reaches, without needless points.

    Args:
        wires: pieces, of which one begins where another that brings the same map ends.
    """
    following: dict[_Place, list[Wire]] = defaultdict(list)
    for wire in wires:
        if wire.source is None and (wire.target or not _near(wire.points[0], wire.points[-1])):
            following[_place(wire.value, wire.points[0])].append(wire)
    for wire in wires:
        if wire.source is not None:
            yield from _continued(wire, following)


def _continued(start: Wire, following: dict[_Place, list[Wire]]) -> Iterator[Wire]:
    open_ends = [start]
    while open_ends:
        wire = open_ends.pop()
        if wire.target is not None:
            yield replace(wire, points=_simple(wire.points))
            continue
        for more in reversed(following[_place(wire.value, wire.points[-1])]):
            points = (*wire.points, *more.points)
            open_ends.append(replace(wire, points=points, target=more.target))


def _place(value: str, point: _Point) -> _Place:
    return value, round(point[0], 3), round(point[1], 3)


def _simple(points: Sequence[_Point]) -> tuple[_Point, ...]:
    """The points without those in the middle of a straight line."""
    result: list[_Point] = []
    for point in points:
        if result and _near(result[-1], point):
            continue
        while len(result) > 1 and _aligned(result[-2], result[-1], point):
            result.pop()
        result.append(point)
    return tuple(result)


def _near(one: _Point, other: _Point) -> bool:
    return abs(one[0] - other[0]) < 1e-6 and abs(one[1] - other[1]) < 1e-6


def _aligned(first: _Point, middle: _Point, last: _Point) -> bool:
    """Whether all three are on one line along an axis."""
    return any(
        abs(first[axis] - middle[axis]) < 1e-6 and abs(middle[axis] - last[axis]) < 1e-6
        for axis in (0, 1)
    )
