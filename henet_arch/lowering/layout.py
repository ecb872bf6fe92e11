"""How maps lie in memory: rows with room behind them, planes with room between them.

What stands behind a row is zero, and so is what stands below a plane: it is the padding of the
next row and of the next plane. A window of stride 1 then slides over a plane as if it were one long
row, and no tap asks for bounds. That needs the same distance between rows in all maps that a step
reads and makes; maps that meet in a step are put in one class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from .bands import Band, bands
from .clean import Point, clean
from .program import Program, Size, points_of
from .select_kernels import SINGLE, Choice
from .vectors import WIDEST, rounded
from .window_loop import WindowLoop, window_loop

_SWEEPING = (
    "direct", "matrix", "winograd", "winograd_matrix", "depthwise", "strips", "largest",
    "layer_norm", "group_norm",
)  # fmt: skip


@dataclass(frozen=True)
class PlaneLayout:
    """Where the elements of a map lie, counted in elements."""

    size: Size
    """Of what is held of it."""
    row: int
    """From one row to the next."""
    plane: int
    """From one plane to the next."""
    lead: int
    """Zeros before the first plane."""

    @property
    def length(self) -> int:
        """From the first row's first element to behind the last row's room."""
        return self.size[0] * self.row


@dataclass(frozen=True)
class Layout:
    """All maps that are stored, and the distance between rows at which each step computes."""

    points: Mapping[Point, PlaneLayout]
    rows: Mapping[str, int]
    clean: frozenset[Point]
    """The maps that have zeros behind their rows and planes."""
    bands: tuple[Band, ...]
    """The steps that take turns; of the map between two some rows alone are held."""


def lay_out(program: Program, choices: Mapping[str, Choice]) -> Layout:
    """The least room that every reader of each map needs."""
    sweeps = {
        s.name: f for s in program.steps if _sweeps(choices[s.name]) and (f := window_loop(s))
    }
    classes = _classes(program, sweeps)
    width = _widths(program, sweeps, classes, choices)
    above, before = _margins(program, sweeps, choices)
    own = {step.name: width[classes[step.name, -1]] for step in program.steps}
    pairs = bands(program, choices, own)
    held = {band.first.name: band.held for band in pairs}
    points = {}
    for step in program.steps:
        single = choices[step.name].kernel in SINGLE
        for at in ((step.name, point) for point in program.stored[step.name]):
            row, room = width[classes[at]], (above.get(at, 0), before.get(at, 0))
            if step.name in held:
                points[at] = _band(held[step.name], step.size[1], row, room[1])
            else:
                plane = _whole(step.size, row, *room)
                points[at] = plane if single else _vectors(plane, choices[step.name])
    return Layout(points, own, clean(program, choices), pairs)


def _whole(size: Size, row: int, above: int, before: int) -> PlaneLayout:
    """All rows of a map."""
    return PlaneLayout(size, row, (size[0] + above) * row, rounded(above * row + before))


def _vectors(whole: PlaneLayout, choice: Choice) -> PlaneLayout:
    """The same with planes of whole vectors; strips write one at the start of the last row too."""
    last = (whole.size[0] - 1) * whole.row + WIDEST if choice.kernel == "strips" else 0
    return replace(whole, plane=rounded(max(whole.plane, last)))


def _band(height: int, width: int, row: int, before: int) -> PlaneLayout:
    """Some rows of a map, and room for what a vector writes behind them."""
    return PlaneLayout((height, width), row, rounded(height * row + WIDEST), rounded(before))


def _widths(
    program: Program,
    sweeps: Mapping[str, WindowLoop],
    classes: Mapping[Point, Point],
    choices: Mapping[str, Choice],
) -> dict[Point, int]:
    """For each class the least distance between rows that suits all in it."""
    result: dict[Point, int] = {}
    for step in program.steps:
        own = max(step.size[1], sweeps[step.name].row if step.name in sweeps else 1)
        for point in (-1, *program.stored[step.name]):
            key = classes[step.name, point]
            result[key] = max(result.get(key, 1), own)
        if choices[step.name].kernel == "strips":
            _, *sides = sweeps[step.name].frame
            for at in points_of(step.source.planes):
                least = step.source.size[1] + max(sides)
                result[classes[at]] = max(result.get(classes[at], 1), least)
    return result


def _sweeps(choice: Choice) -> bool:
    return choice.kernel in _SWEEPING


def _classes(program: Program, sweeps: Mapping[str, WindowLoop]) -> dict[Point, Point]:
    """For each point, and for each step itself as point -1, the class that it is in."""
    parent: dict[Point, Point] = {}

    def root(point: Point) -> Point:
        while parent.setdefault(point, point) != point:
            parent[point] = parent[parent[point]]
            point = parent[point]
        return point

    def join(points: Iterable[Point]) -> None:
        first, *others = points
        for point in others:
            parent[root(point)] = root(first)

    for step in program.steps:
        own = step.name, -1
        read = points_of(step.source.planes)
        loop = sweeps.get(step.name)
        operands = {p for f in step.epilogues for planes in f.planar for p in points_of(planes)}
        join((own, *((step.name, point) for point in program.stored[step.name])))
        join((own, *operands))
        join((own, *read) if loop and not loop.packed else read or (own,))
    for value in program.outputs:
        if points := points_of(value.planes):  # none where it is zeros
            join(points)
    return {point: root(point) for point in list(parent)}


def _margins(
    program: Program, sweeps: Mapping[str, WindowLoop], choices: Mapping[str, Choice]
) -> tuple[dict[Point, int], dict[Point, int]]:
    """For each point the rows above and below it, and the columns before it, that are read."""
    above: dict[Point, int] = {}
    before: dict[Point, int] = {}
    for step in program.steps:
        loop = sweeps.get(step.name)
        lies = choices[step.name].kernel == "strips"
        if loop is None or (loop.packed and not lies):
            continue
        rows, columns = loop.frame[:2] if lies else loop.margins
        for at in points_of(step.source.planes):
            above[at] = max(above.get(at, 0), rows)
            before[at] = max(before.get(at, 0), columns)
    return above, before
