"""Where maps lie in the workspace: those that are not needed at once share their place.

A map is held from the step that makes it to the last one that reads it. Where a step adds to a map
that nothing reads later, the sum takes its place, and the zeros around it if it needs them. The
largest map is placed first, each as low as those beside it allow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .clean import Point
from .layout import Layout
from .occupancy import Occupancy
from .program import Plane, Program, points_of
from .vectors import rounded


class LiveRange(NamedTuple):
    """So many elements, from one step's index to another's."""

    size: int
    first: int
    last: int


@dataclass(frozen=True)
class Buffers:
    """Offsets of the maps' first elements and of each step's scratch, in elements."""

    at: Mapping[Point, int]
    scratch: Mapping[str, int]
    size: int
    """Of the whole workspace."""
    shared: Mapping[Point, Point]
    """A sum, and the map whose place it takes."""


def allocate(program: Program, layout: Layout, scratch: Mapping[str, int]) -> Buffers:
    """Offsets for all maps of `layout`, and for `scratch` elements of each step."""
    last = last_reads(program)
    for band in layout.bands:  # what the first of two reads is read as long as they take turns
        for read in points_of(band.first.reads):
            last[read] = max(last[read], program.order[band.second.name])
    shared = _shared(program, layout, last)
    held: dict[Point, LiveRange] = {}
    for (name, point), lying in layout.points.items():
        channels = program.steps[program.order[name]].channels
        size = rounded(lying.lead + channels * lying.plane)
        home = _home((name, point), shared)
        first, end = program.order[name], last[name, point]
        before = held.get(home, LiveRange(0, first, end))
        held[home] = LiveRange(
            max(size, before.size), min(first, before.first), max(end, before.last)
        )
    keys: list[Point] = [*held, *((name, -1) for name in scratch)]
    items = [*held.values()]
    for name, size in scratch.items():
        items.append(LiveRange(rounded(size), program.order[name], program.order[name]))
    offsets = dict(zip(keys, packed(items), strict=True))
    ends = [offset + item.size for offset, item in zip(offsets.values(), items, strict=True)]
    at = {key: offsets[_home(key, shared)] + lying.lead for key, lying in layout.points.items()}
    spare = {name: offsets[name, -1] for name in scratch}
    return Buffers(at, spare, max(ends, default=0), shared)


def last_reads(program: Program) -> dict[Point, int]:
    """For each stored point the last step that reads it; the caller comes after all steps."""
    result: dict[Point, int] = {}
    for index, step in enumerate(program.steps):
        for plane in step.reads:
            result[plane.step, plane.point] = index
    for value in program.outputs:
        for plane in value.planes:
            result[plane.step, plane.point] = len(program.steps)
    return result


def packed(items: Sequence[LiveRange]) -> list[int]:
    """An offset for each item, such that none overlaps another that is held at the same time."""
    offsets = [0] * len(items)
    occupancy = Occupancy(max((item.last for item in items), default=0) + 1)
    for index in sorted(range(len(items)), key=lambda i: (-items[i].size, items[i].first)):
        item, low = items[index], 0
        for start, end in occupancy.taken(item.first, item.last):
            if start - low >= item.size:
                break
            low = max(low, end)
        offsets[index] = low
        occupancy.take((low, low + item.size), item.first, item.last)
    return offsets


def _home(point: Point, shared: Mapping[Point, Point]) -> Point:
    while point in shared:
        point = shared[point]
    return point


def _shared(program: Program, layout: Layout, last: Mapping[Point, int]) -> dict[Point, Point]:
    result: dict[Point, Point] = {}
    for index, step in enumerate(program.steps):
        reads = Counter(plane[:2] for plane in step.reads)
        for number, finish in enumerate(step.epilogues, 1):
            own = step.name, number
            homes = (
                operand[0][:2] for operand in finish.operands if _is_whole(program, reads, operand)
            )
            for home in homes:
                alike = layout.points.get(own) == layout.points[home]
                clean = own not in layout.clean or home in layout.clean
                if last[home] == index and alike and clean:
                    result[own] = home
                    break
    return result


def _is_whole(program: Program, reads: Mapping[Point, int], operand: tuple[Plane, ...]) -> bool:
    """Whether the operand is all of a map in its order, and the step reads it nowhere else.

    `reads` says how many planes of each map the step reads.
    """
    name, point = operand[0][:2]
    if not name or operand != program.steps[program.order[name]].planes(point):
        return False
    return reads[name, point] == len(operand)
