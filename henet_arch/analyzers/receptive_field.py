"""Which pixels of the image each layer sees: exact over branches and at the borders."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from math import prod
from typing import Any, NamedTuple

from ..ir.dims import Shape, Window, format_shape
from ..ir.graph import Graph, Node
from ..ir.layer import Layer
from ..results.shown import Shown
from ..results.table import Column, Row, Share, Table, number_of, pair
from ..results.unknown import operator
from ..support.errors import LimitError
from . import _lines as lines
from ._known import few, stopped_by
from ._numbers import need_numbers

Span = tuple[int, int]
"""The first and the last pixel along one axis; the first after the last where there is none."""

Pixels = int | Fraction
"""A number of pixels; a fraction where a map was resized."""

_FACTS = ("size", "stride", "offset", "first", "last", "shift")
"""Of an axis."""
_MOST_PLACES = 2**15
_NOTHING: Span = (sys.maxsize, -1)


class Seen(NamedTuple):
    """The pixels that each element of a layer depends on, along one axis: a span for each.

    They are kept as straight lines over the elements, so that a large map takes no more than a
    small one.
    """

    elements: int
    """How many the layer has."""
    first: lines.Lines
    """The first pixel by element; no line where an element sees nothing."""
    last: lines.Lines
    """The last one, negated."""

    def at(self, element: int) -> Span:
        """What one element depends on."""
        first, last = lines.at(self.first, element), lines.at(self.last, element)
        return _NOTHING if first is None or last is None else (first, -last)

    @property
    def spans(self) -> tuple[Span, ...]:
        """Of all elements, from the first to the last."""
        return tuple(map(self.at, range(self.elements)))


class Axis(NamedTuple):
    """What the elements of a layer see along one axis, in pixels.

    Element `i` sees `size` pixels from `offset + i * stride` on, on an image without borders; where
    a map is resized these are fractions, and it sees pixels within them. Where branches of
    different strides meet, `size` and `offset` are those of the first element, and `stride` is the
    largest; it is 0 where all elements see the same.
    """

    size: Pixels
    stride: Pixels
    offset: Pixels
    seen: Seen
    """The pixels of the image that each element depends on."""
    first_centre: Pixels | None = None
    """Where the first element is centred, if not in the middle of its field: what is spread over
    all places, as squeeze-and-excite does, widens a field and moves nothing."""

    @property
    def middle(self) -> Span:
        return self.seen.at(self.seen.elements // 2)

    def centre(self, element: int) -> Pixels:
        """The middle of what an element sees; a pixel's own middle is a whole number."""
        return self.start + element * self.stride

    @property
    def start(self) -> Pixels:
        """Where the first element is centred."""
        if self.first_centre is None:
            return self.offset + Fraction(self.size - 1) / 2
        return self.first_centre

    def moved(self, elements: Pixels) -> Pixels | None:
        """`first_centre` of a layer whose first element is centred so many elements on."""
        return None if self.first_centre is None else self.first_centre + elements * self.stride


@dataclass(frozen=True)
class Field:
    """What one layer sees of the image, along height and width."""

    name: str
    shape: Shape
    axes: tuple[Axis, Axis]
    shift: tuple[float, float]
    """How far apart its inputs are centred, in pixels; 0 where they are aligned."""
    images: frozenset[str]
    """The inputs of the network that it sees; pixels of several are pixels of none."""

    @property
    def pixels(self) -> int:
        """How many pixels the middle element's field has on the image."""
        return prod(max(0, last - first + 1) for first, last in (a.middle for a in self.axes))

    @property
    def facts(self) -> tuple[tuple[Pixels, Pixels, Pixels, Span], ...]:
        """All that a row shows."""
        return tuple((axis.size, axis.stride, axis.offset, axis.middle) for axis in self.axes)

    def record(self) -> dict[str, Any]:
        """One flat row; everything but the shape in pixels."""
        facts: list[Any] = []
        for axis, shift in zip(self.axes, self.shift, strict=True):
            facts += map(number_of, (axis.size, axis.stride, axis.offset))
            facts += [*_told(axis.middle), shift]
        return _record(self.name, self.shape, facts, None)


@dataclass(frozen=True)
class ReceptiveField(Shown):
    """The fields of all layers, in the graph's order."""

    graph: Graph
    by_layer: tuple[Field, ...]
    """Without those that are not known."""
    stopped: dict[str, str]
    """The layers that are not known, each with the opaque layer that stops it."""

    @cached_property
    def misaligned(self) -> tuple[Field, ...]:
        """Layers whose inputs sample the image at different places."""
        return tuple(field for field in self.by_layer if any(field.shift))

    def image(self, field: Field) -> int | None:
        """Pixels of the image that a layer sees; None where it sees several."""
        if len(field.images) > 1:
            return None
        (name,) = field.images
        return prod(map(int, _plane(self.graph[name].shape)))

    @cached_property
    def first_whole(self) -> str | None:
        """The first layer whose middle element sees the whole image."""
        seeing = (field.name for field in self.by_layer if field.pixels == self.image(field))
        return next(seeing, None)

    def tables(self) -> list[Table]:
        columns = (
            Column("layer"),
            Column("output", whole=True, rank=2),
            Column("field (px)", number=True),
            Column("stride (px)", number=True, rank=1),
            Column("offset (px)", number=True, rank=3),
            Column("of image", share=True),
        )
        title = f"{self.graph.name}: which pixels a layer's elements see"
        fields = Table(title, columns, [self._row(field) for field in self._changes()], self._notes)
        return [fields, *([self._shifts()] if self.misaligned else [])]

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "name": self.graph.name,
            "family": self.graph.family,
            "analysis": "receptive-field",
            "input_shape": list(self.graph.input_shape),
            "first_whole": self.first_whole,
            "layers": [
                {**record, "output_shape": list(node.shape)}
                for node, record in zip(self.graph, self.records(), strict=True)
            ],
        }

    def records(self) -> list[dict[str, Any]]:
        """A row for each layer; None for what is not known, with the layer that stops it."""
        fields = {field.name: field for field in self.by_layer}
        return [
            fields[node.name].record()
            if node.name in fields
            else _record(node.name, node.shape, [None] * 12, self.stopped[node.name])
            for node in self.graph
        ]

    def _changes(self) -> list[Field]:
        """Layers that see something else than each of their inputs."""
        facts = {field.name: field.facts for field in self.by_layer}
        return [
            field
            for field in self.by_layer
            if (node := self.graph[field.name]).inputs
            and field.facts not in [facts[name] for name in node.inputs]
        ]

    def _row(self, field: Field) -> Row:
        height, width = field.axes
        pairs = zip(height[:3], width[:3], strict=True)
        image = self.image(field)
        share = None if image is None else Share.of(field.pixels, image)
        return Row((field.name, format_shape(field.shape), *map(pair, pairs), share))

    @property
    def _notes(self) -> list[str]:
        none = "is not known" if self.stopped else "does not exist"
        whole = f"is {self.first_whole}" if self.first_whole else none
        notes = [
            "element i sees `field` pixels from offset + i x stride on; of image: what the middle "
            "element sees, without the padding",
            *self._not_known(),
            "a layer that is not listed sees what one of its inputs sees",
            f"the first layer whose middle element sees the whole image {whole}",
        ]
        if not self.misaligned:
            notes.append("branches that meet are aligned: centred on the same pixels")
        return notes

    def _not_known(self) -> list[str]:
        """Which layers stop the others, and how many."""
        if not self.stopped:
            return []
        first = dict.fromkeys(self.stopped.values())
        names = [f"{name} ({operator(self.graph[name])})" for name in first]
        layers = f"{len(self.stopped):,} layer{'s' * (len(self.stopped) > 1)}"
        return [f"not known of {layers}, at or after {few(names)}"]

    def _shifts(self) -> Table:
        columns = (
            Column("layer"),
            Column("output", whole=True, rank=1),
            Column("shift (px)", number=True),
        )
        rows = [Row((f.name, format_shape(f.shape), pair(f.shift))) for f in self.misaligned]
        title = f"{self.graph.name}: where inputs meet that are centred on different pixels"
        return Table(title, columns, rows)


def analyze(graph: Graph) -> ReceptiveField:
    """What each element sees, from the windows along the way.

    A layer that slides no window is one of three: it keeps height and width, and an element sees
    what its own place sees; or it makes one element, or a vector, of a whole map, and sees all that
    the map does. Fields are hulls: strides and dilations may leave pixels out inside. Every layer
    is taken to read each channel of its inputs, and a vector is seen as one element. What an
    operator of unknown structure gives is not known, and so is all that depends on it.

    Raises:
        ShapeError: a size is no number.
        LimitError: dilated windows make the borders of a layer too irregular, or a resized map is
            too large.
    """
    need_numbers(graph)
    stopped = stopped_by(graph)
    result: dict[str, Field] = {}
    for node in graph:
        if node.name in stopped:
            continue
        ways = [_slid(result[name].axes, node, shape) for name, shape in _operands(node)]
        if not ways:
            height, width = map(_image, _plane(node.shape))
            own = frozenset([node.name])
            result[node.name] = Field(node.name, node.shape, (height, width), (0, 0), own)
            continue
        images = [result[name].images for name in node.inputs]
        rows, columns = zip(*ways, strict=True)
        axes = (_joined(rows), _joined(columns))
        is_one = len(set(images)) == 1
        shift = (_shift(rows), _shift(columns)) if is_one else (0.0, 0.0)
        seen = frozenset[str]().union(*images)
        result[node.name] = Field(node.name, node.shape, axes, shift, seen)
    return ReceptiveField(graph, tuple(result.values()), stopped)


def _operands(node: Node) -> Sequence[tuple[str, Shape]]:
    return tuple(zip(node.inputs, node.input_shapes, strict=True))


def _plane(shape: Shape) -> tuple[int, int]:
    """Height and width; a vector is one element."""
    return (int(shape[1]), int(shape[2])) if len(shape) == 3 else (1, 1)


def _image(size: int) -> Axis:
    own = Seen(size, (lines.Line(0, size, 0, 1),), (lines.Line(0, size, 0, -1),))
    return Axis(1, 1, 0, own)


def _slid(axes: tuple[Axis, Axis], node: Node, shape: Shape) -> tuple[Axis, Axis]:
    before, after = _plane(shape), _plane(node.shape)
    height, width = (
        _along(axes[axis], node.layer, axis, before[axis], after[axis]) for axis in (0, 1)
    )
    return height, width


def _along(seen: Axis, layer: Layer, axis: int, before: int, after: int) -> Axis:
    """What the layer's elements see along one axis, from what its input's do."""
    if layer.window:
        return _windowed(seen, layer.window, axis, after)
    if layer.places(0, axis, before, after) is not None:
        return _placed(seen, layer, axis, before, after)
    if before == after:
        return seen
    if before == 1:  # spread over the places of another map
        ends = (lines.constant(lines.at(ends, 0), after) for ends in seen.seen[1:])
        return Axis(seen.size, 0, seen.offset, Seen(after, *ends))
    whole = Window((before, before), (1, 1), (0, 0))
    return _windowed(seen, whole, axis, after)


def _placed(seen: Axis, layer: Layer, axis: int, before: int, after: int) -> Axis:
    """Of a layer that says element by element which rows or columns of its input it reads."""
    if after > _MOST_PLACES:
        raise LimitError(
            f"{after:,} rows or columns are more than the {_MOST_PLACES:,} that are looked at "
            "one by one",
            why=f"{layer.kind} makes a map of another size",
            fix="a smaller image",
        )
    places = tuple(layer.places(place, axis, before, after) or range(0) for place in range(after))
    step = layer.spacing(axis, before, after)
    first, size = _reach(places, Fraction(step))
    return Axis(
        seen.size + (size - 1) * seen.stride,
        _whole(seen.stride * step),
        seen.offset + first * seen.stride,
        _through_places(seen.seen, places),
        seen.moved(first + Fraction(size - 1) / 2),
    )


def _reach(places: Sequence[range], step: Fraction) -> tuple[Pixels, Pixels]:
    """Where what element `i` reads begins, less `i` steps, and how much it is, borders aside.

    Elements in the middle stand for all: as many as differ in where they lie between two of the
    input, and one whole round of them for a layer that reads the whole map everywhere.
    """
    middle = len(places) // 2
    round_ = len(places) if len(set(places)) == 1 else min(step.denominator, len(places))
    start = max(0, middle - round_ // 2)
    inside = [(i, places[i]) for i in range(start, min(start + round_, len(places))) if places[i]]
    first = min((r[0] - i * step for i, r in inside), default=Fraction(0))
    last = max((r[-1] - i * step for i, r in inside), default=Fraction(0))
    return _whole(first), _whole(last - first + 1)


def _whole(pixels: Pixels) -> Pixels:
    """An int where it is one."""
    return int(pixels) if pixels == int(pixels) else pixels


@lru_cache(maxsize=256)
def _through_places(seen: Seen, places: tuple[range, ...]) -> Seen:
    ends = (lines.by_places(ends, places) for ends in seen[1:])
    return Seen(len(places), *ends)


def _windowed(before: Axis, window: Window, axis: int, count: int) -> Axis:
    kernel, stride = window.kernel[axis], window.stride[axis]
    (padding, behind), dilation = window.sides(axis), window.dilation[axis]
    if (kernel, stride, padding, behind) == (1, 1, 0, 0):
        return before
    return Axis(
        before.size + dilation * (kernel - 1) * before.stride,
        before.stride * stride,
        before.offset - padding * before.stride,
        _through(before.seen, (kernel, stride, padding, dilation), count),
        before.moved(Fraction(dilation * (kernel - 1)) / 2 - padding),
    )


@lru_cache(maxsize=1024)  # both axes of a square map, and repeated blocks that see the whole image
def _through(seen: Seen, sizes: tuple[int, int, int, int], count: int) -> Seen:
    """What `count` windows see: kernel, stride, padding and dilation are `sizes`."""
    kernel, stride, padding, dilation = sizes
    first, last = (
        lines.sampled(lines.least_of_taps(ends, kernel, dilation), stride, -padding, count)
        for ends in (seen.first, seen.last)
    )
    return Seen(count, first, last)


def _joined(ways: Sequence[Axis]) -> Axis:
    """The smallest field that holds all of `ways`."""
    first = ways[0]
    if all(way is first for way in ways):
        return first
    offset = min(way.offset for way in ways)
    size = max(way.offset + way.size for way in ways) - offset
    seen = Seen(
        first.seen.elements,
        lines.least_of([way.seen.first for way in ways]),
        lines.least_of([way.seen.last for way in ways]),
    )
    placed = _placed_ways(ways)
    centre = None
    if len(placed) < len(ways) or any(way.first_centre is not None for way in ways):
        starts = [way.start for way in placed]
        centre = Fraction(min(starts) + max(starts)) / 2
    return Axis(size, max(way.stride for way in ways), offset, seen, centre)


def _placed_ways(ways: Sequence[Axis]) -> Sequence[Axis]:
    """Those whose elements lie somewhere; what is spread over all places is centred on none."""
    return [way for way in ways if way.stride or way.seen.elements == 1] or ways


def _shift(ways: Sequence[Axis]) -> float:
    """The largest distance between the centres of `ways`, which the first or last element has."""
    count = ways[0].seen.elements
    centres = ([way.centre(element) for way in _placed_ways(ways)] for element in (0, count - 1))
    return float(max(max(centres) - min(centres) for centres in centres))


def _told(span: Span) -> tuple[int | None, int | None]:
    return span if span[0] <= span[1] else (None, None)


def _record(
    name: str, shape: Shape, facts: Sequence[Any], stopped_by: str | None
) -> dict[str, Any]:
    keys = (f"{axis}_{fact}" for axis in ("height", "width") for fact in _FACTS)
    result = {"layer": name, "output_shape": format_shape(shape)}
    return {**result, **dict(zip(keys, facts, strict=True)), "stopped_by": stopped_by}


ANALYSIS = analyze
