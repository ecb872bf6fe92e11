"""A curve as dashes, for what has none of the length that we want."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import dist

from .scene import Point

ON, OFF = 3.0, 2.0
"""The lengths of a dash and of what follows it, in points."""
_STEPS = 16
"""Straight lines in place of one Bezier curve."""


def dashes(points: Sequence[Point]) -> Iterator[tuple[Point, ...]]:
    """The dashes of cubic Bezier curves end to end, each as points along it."""
    dash: list[Point] = [points[0]]
    left, on = ON, True
    for start, end in pairwise(_flat(points)):
        at = start
        while (length := dist(at, end)) > left:
            at = _between(at, end, left / length)
            if on:
                yield (*dash, at)
            dash, on = [at], not on
            left = ON if on else OFF
        left -= length
        dash.append(end)
    if on and len(dash) > 1:
        yield tuple(dash)


def _flat(points: Sequence[Point]) -> Iterator[Point]:
    yield points[0]
    for first in range(0, len(points) - 1, 3):
        for step in range(1, _STEPS + 1):
            yield _on_curve(points[first : first + 4], step / _STEPS)


def _on_curve(points: Sequence[Point], t: float) -> Point:
    """De Casteljau's point of one curve."""
    while len(points) > 1:
        points = [_between(one, other, t) for one, other in pairwise(points)]
    return points[0]


def _between(one: Point, other: Point, part: float) -> Point:
    return one[0] + (other[0] - one[0]) * part, one[1] + (other[1] - one[1]) * part
