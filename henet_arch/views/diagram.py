"""A network cut at one depth: boxes in frames, and the maps that pass between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ..analyzers.report import Report
from ..ir.dims import Shape
from ..results.layer_report import LayerReport
from ..results.report_table import Depth
from .outline import Part, outline


@dataclass(frozen=True)
class Box:
    """What is drawn as one: a layer with what joins it, a block, or a stage."""

    key: str
    part: Part
    """The first of the parts that it stands for; the run, where these are blocks."""
    units: tuple[Part, ...]
    """What is inside one of them, in order; of a block, without the merges drawn beside it."""
    layers: tuple[LayerReport, ...]
    """Of all the parts that it stands for."""
    repeat: int = 1
    """How many parts it stands for."""
    framed: bool = False
    """Whether a frame around it says how many."""

    def boxes(self) -> Iterator[Box]:
        """Itself."""
        yield self


@dataclass(frozen=True)
class Frame:
    """Boxes and frames that stand together."""

    key: str
    part: Part
    children: tuple[Box | Frame, ...]
    repeat: int = 1

    def boxes(self) -> Iterator[Box]:
        """All boxes inside, in order."""
        for child in self.children:
            yield from child.boxes()


@dataclass(frozen=True)
class Edge:
    """Maps that one box gives to another; those that a layer reads again are another edge."""

    source: str
    target: str
    maps: tuple[tuple[Shape, ...], ...]
    """The shapes of each map; more than one where they differ from repetition to repetition."""
    again: bool = False
    """Whether it leads from one repetition to the next."""


@dataclass(frozen=True)
class Diagram:
    """Boxes, frames and edges of one network, in order."""

    report: Report
    whole: Frame
    edges: tuple[Edge, ...]
    outputs: tuple[tuple[str, Shape], ...]
    """What the network gives: the box that it comes from, and its shape."""

    @property
    def boxes(self) -> tuple[Box, ...]:
        return tuple(self.whole.boxes())

    @property
    def last(self) -> frozenset[str]:
        """The keys of the boxes in its last part."""
        return frozenset(box.key for box in self.whole.children[-1].boxes())


def diagram(
    report: Report, depth: Depth = "blocks", *, fold: bool = True, key: str = ""
) -> Diagram:
    """`report`'s network at `depth`; equal neighbours become one where `fold`.

    `key` begins the keys of all boxes and frames, so that several diagrams can share a picture.
    """
    cut = _Cut(depth, fold, key)
    network = outline(report)
    whole = Frame(f"{key}network", network, cut.children(network))
    outputs = (report.graph[name] for name in report.graph.outputs)
    given = tuple((cut.places[node.name].box, node.shape) for node in outputs)
    return Diagram(report, whole, tuple(_edges(report, cut.places)), given)


class _Place(NamedTuple):
    """Where a layer is drawn."""

    box: str
    position: int
    """Which of the box's layers it is, or stands for in a repetition."""
    run: str
    """The run of equal blocks that it is in, if any."""
    repetition: int


@dataclass
class _Cut:
    depth: Depth
    fold: bool
    key: str
    places: dict[str, _Place] = field(default_factory=dict)
    _run_key: str = ""
    _count: int = 0

    def children(self, part: Part) -> tuple[Box | Frame, ...]:
        """What stands for the parts inside `part`."""
        return tuple(child for inner in part.parts for child in self._drawn([inner]))

    def _drawn(self, same: Sequence[Part], around: Part | None = None) -> Iterator[Box | Frame]:
        """One part, or as one the equal parts of the run `around` them."""
        first = same[0]
        if first.level == "run":
            yield from self._run(first) if self.fold else self.children(first)
        elif first.level == "unit":
            yield self._box(same, 0, 1)
        elif first.level == "stage" and self.depth == "stages":
            yield self._box(same, 0, len(first.parts))
        elif first.level == "block" and self.depth != "layers":
            yield from self._block(same, around or first)
        else:
            key = self._next("f")
            columns = zip(*(part.parts for part in same), strict=True)
            inner = tuple(child for column in columns for child in self._drawn(column))
            yield Frame(key, first, inner)

    def _run(self, run: Part) -> Iterator[Box | Frame]:
        """Its blocks as one; with a frame around where that one is several boxes."""
        self._run_key = key = self._next("f")
        inner = tuple(self._drawn(run.parts, run))
        self._run_key = ""
        repeat = len(run.parts)
        only = inner[0] if len(inner) == 1 else None
        if isinstance(only, Box):
            yield replace(only, framed=False)
        else:
            yield Frame(key, run, only.children if only else inner, repeat)

    def _block(self, same: Sequence[Part], around: Part) -> Iterator[Box]:
        """The block as a box, and after it the merges with what goes around it."""
        count = len(same[0].parts)
        body = count - _tail(same[0])
        if body:
            yield replace(self._box(same, 0, body), part=around)
        for index in range(body, count):
            yield self._box([part.parts[index] for part in same], 0, 1)

    def _box(self, same: Sequence[Part], start: int, end: int) -> Box:
        """The parts from `start` to `end` inside each of `same`; a unit is its own only part."""
        key = self._next("n")
        inner = [part.parts[start:end] if part.level != "unit" else (part,) for part in same]
        layers: list[LayerReport] = []
        for repetition, parts in enumerate(inner):
            own = [layer for part in parts for layer in part.layers]
            for position, layer in enumerate(own):
                self.places[layer.node.name] = _Place(key, position, self._run_key, repetition)
            layers += own
        return Box(key, same[0], inner[0], tuple(layers), len(same), framed=len(same) > 1)

    def _next(self, letter: str) -> str:
        self._count += 1
        return f"{self.key}{letter}{self._count}"


def _tail(block: Part) -> int:
    """How many of a block's last units merge it with what goes around it."""
    inside = {layer.node.name for layer in block.layers}
    for result, unit in enumerate(reversed(block.parts), start=1):
        if not unit.merges:
            break
        if set(unit.main.node.inputs) - inside:
            return result
    return 0


def _edges(report: Report, places: dict[str, _Place]) -> Iterator[Edge]:
    result: dict[tuple[str, str, bool, int], dict[int, dict[Shape, None]]] = {}
    for node in report.graph:
        target = places[node.name]
        reads = Counter[str]()
        for name, shape in zip(node.inputs, node.input_shapes, strict=True):
            source = places[name]
            again = source.run == target.run and source.repetition != target.repetition
            if source.box != target.box or again:
                key = (source.box, target.box, again, reads[name])
                result.setdefault(key, {}).setdefault(source.position, {})[shape] = None
            reads[name] += 1
    for (first, last, again, _), maps in result.items():
        yield Edge(first, last, tuple(map(tuple, maps.values())), again)
