"""Whole numbers by index as straight lines: what is regular takes no more room for being long."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import pairwise
from typing import NamedTuple

from ..support.errors import LimitError

MOST = 10_000
"""Lines of one function: beyond this it is too irregular to be worked with."""


class Line(NamedTuple):
    """The values from `start` on, before `stop`: `value + slope * (index - start)`."""

    start: int
    stop: int
    value: int
    slope: int

    def at(self, index: int) -> int:
        return self.value + self.slope * (index - self.start)

    def cut(self, start: int, stop: int) -> Line:
        """The part between two indices of it."""
        return Line(start, stop, self.at(start), self.slope)


Lines = tuple[Line, ...]
"""A function of whole numbers, by rising index; it has no value between its lines."""


def at(lines: Lines, index: int) -> int | None:
    """The value at an index; None where there is none."""
    place = bisect_right(lines, index, key=lambda line: line.start) - 1
    return lines[place].at(index) if place >= 0 and index < lines[place].stop else None


def least_of(functions: Sequence[Lines]) -> Lines:
    """The least value of all at each index.

    Raises:
        LimitError: it has too many lines.
    """
    return reduce(_least, functions)


def least_of_taps(lines: Lines, count: int, step: int) -> Lines:
    """The least value at each index and at those `step`, 2 * `step`, ... on: `count` in all.

    Raises:
        LimitError: it has too many lines.
    """
    taps = 1
    while taps < count:
        more = min(taps, count - taps)
        lines = _least(lines, _moved(lines, more * step))
        taps += more
    return lines


def constant(value: int | None, count: int) -> Lines:
    """The same value for 0, 1, ... below `count`."""
    return () if value is None or count < 1 else (Line(0, count, value, 0),)


def by_places(lines: Lines, places: Sequence[range]) -> Lines:
    """The least value of each of several ranges of indices, as those of 0, 1, ...

    Raises:
        LimitError: it has too many lines.
    """
    least = {(r.start, r.stop, r.step): least_within(lines, r) for r in places}
    values = (least[r.start, r.stop, r.step] for r in places)
    return _simplified(
        Line(index, index + 1, value, 0) for index, value in enumerate(values) if value is not None
    )


def least_within(lines: Lines, inside: range) -> int | None:
    """The least value at any of the indices; None where there is none."""
    if inside.step != 1:
        values = (at(lines, index) for index in inside)
        return min((value for value in values if value is not None), default=None)
    first = max(0, bisect_right(lines, inside.start, key=lambda line: line.start) - 1)
    least = None
    for line in lines[first:]:
        if line.start >= inside.stop:
            break
        start, stop = max(line.start, inside.start), min(line.stop, inside.stop)
        if start < stop:
            here = min(line.at(start), line.at(stop - 1))
            least = here if least is None else min(least, here)
    return least


def sampled(lines: Lines, stride: int, offset: int, count: int) -> Lines:
    """The values at `offset`, `offset + stride`, ..., as those of 0, 1, ... below `count`."""
    chosen = []
    for line in lines:
        start = max(0, -((offset - line.start) // stride))
        stop = min(count, -((offset - line.stop) // stride))
        if start < stop:
            chosen.append(Line(start, stop, line.at(offset + start * stride), line.slope * stride))
    return _simplified(chosen)


def _moved(lines: Lines, by: int) -> Lines:
    """The function whose value at an index is this one's so much later."""
    return tuple(Line(start - by, stop - by, *rest) for start, stop, *rest in lines)


def _least(one: Lines, other: Lines) -> Lines:
    if one == other:
        return one
    return _simplified(_lower(one, other))


def _lower(one: Lines, other: Lines) -> Iterator[Line]:
    """The lower line between each two indices at which a line begins or ends."""
    cuts = sorted({index for line in (*one, *other) for index in line[:2]})
    places = [0, 0]
    for start, stop in pairwise(cuts):
        here = []
        for side, lines in enumerate((one, other)):
            while places[side] < len(lines) and lines[places[side]].stop <= start:
                places[side] += 1
            if places[side] < len(lines) and lines[places[side]].start <= start:
                here.append(lines[places[side]].cut(start, stop))
        if len(here) == 2:
            yield from _lower_of(*here)
        else:
            yield from here


def _lower_of(one: Line, other: Line) -> Iterator[Line]:
    """Two lines between the same indices, cut where they cross."""
    if one.slope < other.slope:
        one, other = other, one
    rise, ahead = one.slope - other.slope, other.value - one.value
    if rise == 0:
        yield one if ahead >= 0 else other
        return
    crossing = min(max(one.start + ahead // rise + 1, one.start), one.stop)
    if one.start < crossing:
        yield one.cut(one.start, crossing)
    if crossing < one.stop:
        yield other.cut(crossing, one.stop)


def _simplified(lines: Sequence[Line] | Iterator[Line]) -> Lines:
    """The same with neighbours that are one line joined."""
    joined: list[Line] = []
    for line in lines:
        longer = _as_one(joined[-1], line) if joined else None
        if longer:
            joined[-1] = longer
        else:
            joined.append(line)
        if len(joined) > MOST:
            raise LimitError(
                f"a layer's elements see the image in more than {MOST:,} different ways",
                why="dilated windows make a map's borders irregular, and resizing a whole map",
                fix="a smaller kernel, dilation, padding or image",
            )
    return tuple(joined)


def _as_one(one: Line, other: Line) -> Line | None:
    """One line for both, if there is one."""
    if one.stop != other.start:
        return None
    slope = one.slope if one.stop - one.start > 1 else other.value - one.value
    fits = one.value + slope * (other.start - one.start) == other.value
    if fits and (other.slope == slope or other.stop - other.start == 1):
        return Line(one.start, other.stop, one.value, slope)
    return None
