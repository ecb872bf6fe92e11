"""Which pixels of the image each layer sees: exact over branches and at the borders."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import prod
from typing import Any, NamedTuple

from ..ir.dims import Shape, Window, format_shape
from ..ir.graph import Graph, Node
from ..results.shown import Shown
from ..results.table import Column, Row, Share, Table
from . import _lines as lines
from ._numbers import need_numbers

Span = tuple[int, int]
"""The first and the last pixel along one axis; the first after the last where there is none."""

_NOTHING: Span = (sys.maxsize, -1)
_POINT = Window((1, 1), (1, 1), (0, 0))


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

    Element `i` sees `size` pixels from `offset + i * stride` on, on an image without borders. Where
    branches of different strides meet, `size` and `offset` are those of the first element, and
    `stride` is the largest.
    """

    size: int
    stride: int
    offset: int
    seen: Seen
    """The pixels of the image that each element depends on."""

    @property
    def middle(self) -> Span:
        return self.seen.at(self.seen.elements // 2)

    def centre(self, element: int) -> float:
        """The middle of what an element sees; a pixel's own middle is a whole number."""
        return self.offset + element * self.stride + (self.size - 1) / 2


@dataclass(frozen=True)
class Field:
    """What one layer sees of the image, along height and width."""

    name: str
    shape: Shape
    axes: tuple[Axis, Axis]
    shift: tuple[float, float]
    """How far apart its inputs are centred, in pixels; 0 where they are aligned."""

    @property
    def pixels(self) -> int:
        """How many pixels the middle element's field has on the image."""
        return prod(max(0, last - first + 1) for first, last in (a.middle for a in self.axes))

    @property
    def facts(self) -> tuple[tuple[int, int, int, Span], ...]:
        """All that a row shows."""
        return tuple((axis.size, axis.stride, axis.offset, axis.middle) for axis in self.axes)

    def record(self) -> dict[str, Any]:
        """One flat row; everything but the shape in pixels."""
        result: dict[str, Any] = {"layer": self.name, "output_shape": format_shape(self.shape)}
        for name, axis, shift in zip(("height", "width"), self.axes, self.shift, strict=True):
            result[f"{name}_size"], result[f"{name}_stride"] = axis.size, axis.stride
            result[f"{name}_offset"] = axis.offset
            result[f"{name}_first"], result[f"{name}_last"] = _told(axis.middle)
            result[f"{name}_shift"] = shift
        return result


@dataclass(frozen=True)
class ReceptiveField(Shown):
    """The fields of all layers, in the graph's order."""

    graph: Graph
    by_layer: tuple[Field, ...]

    @cached_property
    def misaligned(self) -> tuple[Field, ...]:
        """Layers whose inputs sample the image at different places."""
        return tuple(field for field in self.by_layer if any(field.shift))

    @cached_property
    def image(self) -> int:
        """Pixels of the image."""
        return prod(map(int, _plane(self.graph.input_shape)))

    @cached_property
    def first_whole(self) -> str | None:
        """The first layer whose middle element sees the whole image."""
        seeing = (field.name for field in self.by_layer if field.pixels == self.image)
        return next(seeing, None)

    def tables(self) -> list[Table]:
        columns = (
            Column("layer"),
            Column("output"),
            Column("field (px)", number=True),
            Column("stride (px)", number=True),
            Column("offset (px)", number=True),
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
                {**field.record(), "output_shape": list(field.shape)} for field in self.by_layer
            ],
        }

    def records(self) -> list[dict[str, Any]]:
        return [field.record() for field in self.by_layer]

    def _changes(self) -> list[Field]:
        """Layers that see something else than each of their inputs."""
        facts = {field.name: field.facts for field in self.by_layer}
        return [
            field
            for field, node in zip(self.by_layer, self.graph, strict=True)
            if node.inputs and field.facts not in [facts[name] for name in node.inputs]
        ]

    def _row(self, field: Field) -> Row:
        height, width = field.axes
        pairs = zip(height[:3], width[:3], strict=True)
        share = Share.of(field.pixels, self.image)
        return Row((field.name, format_shape(field.shape), *map(_pair, pairs), share))

    @property
    def _notes(self) -> list[str]:
        whole = f"is {self.first_whole}" if self.first_whole else "does not exist"
        notes = [
            "element i sees `field` pixels from offset + i x stride on; of image: what the middle "
            "element sees, without the padding",
            "a layer that is not listed sees what one of its inputs sees",
            f"the first layer whose middle element sees the whole image {whole}",
        ]
        if not self.misaligned:
            notes.append("branches that meet are aligned: centred on the same pixels")
        return notes

    def _shifts(self) -> Table:
        columns = (Column("layer"), Column("output"), Column("shift (px)", number=True))
        rows = [Row((f.name, format_shape(f.shape), _pair(f.shift))) for f in self.misaligned]
        title = f"{self.graph.name}: where inputs meet that are centred on different pixels"
        return Table(title, columns, rows)


def analyze(graph: Graph) -> ReceptiveField:
    """What each element sees, from the windows along the way.

    A layer that slides no window is one of three: it keeps height and width, and an element sees
    what its own place sees; or it makes one element, or a vector, of a whole map, and sees all that
    the map does. Fields are hulls: strides and dilations may leave pixels out inside. Every layer
    is taken to read each channel of its inputs, and a vector is seen as one element.

    Raises:
        ShapeError: a size is no number.
        LimitError: dilated windows make the borders of a layer too irregular.
    """
    need_numbers(graph)
    result: dict[str, Field] = {}
    for node in graph:
        ways = [_slid(result[name].axes, node, shape) for name, shape in _operands(node)]
        if not ways:
            height, width = map(_image, _plane(node.shape))
            result[node.name] = Field(node.name, node.shape, (height, width), (0, 0))
            continue
        rows, columns = zip(*ways, strict=True)
        axes = (_joined(rows), _joined(columns))
        shift = (_shift(rows), _shift(columns))
        result[node.name] = Field(node.name, node.shape, axes, shift)
    return ReceptiveField(graph, tuple(result.values()))


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
    whole = Window(before, (1, 1), (0, 0))
    window = node.layer.window or (_POINT if before == after else whole)
    height, width = (_along(axes[axis], window, axis, after[axis]) for axis in (0, 1))
    return height, width


def _along(before: Axis, window: Window, axis: int, count: int) -> Axis:
    kernel, stride = window.kernel[axis], window.stride[axis]
    (padding, behind), dilation = window.sides(axis), window.dilation[axis]
    if (kernel, stride, padding, behind) == (1, 1, 0, 0):
        return before
    return Axis(
        before.size + dilation * (kernel - 1) * before.stride,
        before.stride * stride,
        before.offset - padding * before.stride,
        _through(before.seen, (kernel, stride, padding, dilation), count),
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
    return Axis(size, max(way.stride for way in ways), offset, seen)


def _shift(ways: Sequence[Axis]) -> float:
    """The largest distance between the centres of `ways`, which the first or last element has."""
    centres = ([way.centre(element) for way in ways] for element in (0, ways[0].seen.elements - 1))
    return max(max(centres) - min(centres) for centres in centres)


def _told(span: Span) -> tuple[int | None, int | None]:
    return span if span[0] <= span[1] else (None, None)


def _pair(sizes: tuple[float, float]) -> str:
    """One number if both are equal: `7`, `7x5`, `0.5`."""
    texts = [f"{size:g}" if size % 1 else f"{int(size)}" for size in sizes]
    return texts[0] if texts[0] == texts[1] else "x".join(texts)


ANALYSIS = analyze
