"""The channels of a network as a graph: what each is computed of, whatever its place in a map is.

Layers that only move channels (concatenations, shuffles, slices, dropout) have no vertex: who reads
them reads what they move. What many channels read together, as those of one group of a convolution
do, is a vertex too. Two networks whose graphs of channels are isomorphic compute the same, with
weights in the order that the isomorphism says.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from math import prod
from typing import NamedTuple

from ..ir.graph import Graph, Node
from ..ir.layer import NO_OPS
from ..support.errors import LimitError
from ..support.limits import MOST_PLANES

Edge = tuple[Hashable, int]
"""What a vertex is read as, and the vertex."""
_UNSEEN = frozenset(["groups", "bias", "momentum"])
"""Attributes that the vertices say, that weights of zeros stand for, or that training alone has."""
_WIDTHS = ("channels", "features")


class Vertex(NamedTuple):
    """A channel of a layer, or what channels of it read together.

    Args:
        node: The layer's index.
        channel: The channel's; -1 for a group of what is read, and for an output.
        colour: What it computes of what it reads; only equal colours can stand for each other.
        edges: What it reads: earlier vertices.
        positive: Whether it is never below 0.
    """

    node: int
    channel: int
    colour: Hashable
    edges: tuple[Edge, ...]
    positive: bool = False


class Channels:
    """The vertices of a graph, each after those that it reads.

    Raises:
        LimitError: there are too many.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.vertices: list[Vertex] = []
        self.of: dict[str, list[int]] = {}
        """The vertices of each layer's channels; of one that moves them, those that it moves."""
        self._inputs = 0
        self._ties: set[tuple[int, int]] = set()
        self._zero = self._add(Vertex(0, -1, "zero", (), positive=True))
        for index, node in enumerate(graph):
            self.of[node.name] = self._layer(index, node)
        for number, name in enumerate(graph.outputs):
            for channel, vertex in enumerate(self.of[name]):
                colour = ("output", number, channel)
                self._add(Vertex(graph.positions[name], -1, colour, (("is", vertex),)))

    def group(self, channel: int) -> int | None:
        """The vertex of what a channel reads together with others; None for one by itself."""
        edges = self.vertices[channel].edges
        return edges[0][1] if edges and edges[0][0] == "group" else None

    def _add(self, vertex: Vertex) -> int:
        if len(self.vertices) > MOST_PLANES:
            raise LimitError(
                f"{self.graph.name} has more than {MOST_PLANES:,} channels in all its layers",
                fix="weights that are matched by names or by order",
            )
        self.vertices.append(vertex)
        return len(self.vertices) - 1

    def _layer(self, index: int, node: Node) -> list[int]:
        channels = range(int(node.channels))
        if not node.inputs:
            self._inputs += 1
            return [self._add(Vertex(index, c, ("input", self._inputs, c), ())) for c in channels]
        if not node.layer.structure_known:
            return self._opaque(index, node)
        ranges = [node.layer.reads(channel, node.input_shapes) for channel in channels]
        reads = {each: self._edges(node, each) for each in dict.fromkeys(ranges)}
        if _moves(node, reads.values()):
            return [reads[each][0][1] if reads[each] else self._zero for each in ranges]
        key, own = _key(node), self._own(node, ranges)
        groups = {each: self._group(index, node, key, edges) for each, edges in reads.items()}
        return [
            self._channel(index, node, channel, key, (*groups[each], *own[channel : channel + 1]))
            for channel, each in enumerate(ranges)
        ]

    def _edges(self, node: Node, ranges: tuple[range, ...]) -> tuple[Edge, ...]:
        """The channels of a layer's inputs, each with the input that has it."""
        return tuple(
            (0 if node.layer.symmetric else number, self.of[name][channel])
            for number, (name, channels) in enumerate(zip(node.inputs, ranges, strict=True))
            for channel in channels
        )

    def _own(self, node: Node, ranges: Sequence[tuple[range, ...]]) -> list[Edge]:
        """The channels that those of a layer stand for, where it reads others beside them."""
        source = self.of[node.inputs[0]]
        alone = all(sum(map(len, each)) <= len(node.inputs) for each in ranges)
        if alone or _mixes(node) or len(source) != int(node.channels):
            return []
        return [("own", vertex) for vertex in source]

    def _group(
        self, index: int, node: Node, key: Hashable, reads: tuple[Edge, ...]
    ) -> tuple[Edge, ...]:
        """What channels that read this read as one; the channels themselves where they are few."""
        if not _mixes(node) and len(reads) <= len(node.inputs):
            return reads
        if node.layer.ordered:
            reads = tuple(((place, way), vertex) for place, (way, vertex) in enumerate(reads))
        positive = self._positive(reads)
        return (("group", self._add(Vertex(index, -1, ("group", key), reads, positive))),)

    def _positive(self, reads: tuple[Edge, ...]) -> bool:
        return all(self.vertices[vertex].positive for _, vertex in reads)

    def _channel(
        self, index: int, node: Node, channel: int, key: Hashable, edges: tuple[Edge, ...]
    ) -> int:
        layer, positive = node.layer, self._positive(edges)
        if positive and layer.keeps_positive and not layer.weights():
            return edges[0][1]  # a ReLU of what is never below 0
        if node.shares:
            owner = self.of[node.shares][channel]
            self._tie(index, edges[0], self.vertices[owner].edges[0])
            edges = (*edges, ("weights", owner))
        phase = channel % layer.pixels(node.input_shapes)
        positive = layer.never_negative or (layer.keeps_sign and positive)
        return self._add(Vertex(index, channel, (key, phase), edges, positive))

    def _tie(self, index: int, use: Edge, owner: Edge) -> None:
        """Say that what two layers of the same weights read is in the same order."""
        if use[0] != "group" or (use[1], owner[1]) in self._ties:
            return
        self._ties.add((use[1], owner[1]))
        both = zip(*(self.vertices[group].edges for _, group in (use, owner)), strict=True)
        for (_, one), (_, other) in both:
            edges = (("use", one), ("owner", other), ("group", use[1]))
            self._add(Vertex(index, -1, "tie", edges))

    def _opaque(self, index: int, node: Node) -> list[int]:
        """What an operator gives of which nothing is known: every place is a fixed one."""
        edges = tuple(
            ((number, place), vertex)
            for number, name in enumerate(node.inputs)
            for place, vertex in enumerate(self.of[name])
        )
        group = self._add(Vertex(index, -1, ("group", _key(node)), edges))
        channels = range(int(node.channels))
        return [self._add(Vertex(index, c, (_key(node), c), (("group", group),))) for c in channels]


def _moves(node: Node, reads: Collection[tuple[Edge, ...]]) -> bool:
    """Whether each channel is one that the layer reads, or zeros."""
    layer, sizes = node.layer, node.shape[1:]
    return (
        layer.ops(node.input_shapes, node.shape) == NO_OPS
        and not (layer.weights() or layer.buffers())
        and all(len(read) <= 1 for read in reads)
        and all(
            shape[1:] == sizes or prod(shape[1:]) == prod(sizes) == 1 for shape in node.input_shapes
        )
    )


def _mixes(node: Node) -> bool:
    """Whether it has a weight for each pair of a channel and one that it reads."""
    return any(len(shape) > 1 for shape in node.layer.weights().values())


def _key(node: Node) -> Hashable:
    """What the layer computes, without how many channels it has."""
    layer = node.layer.simplest(node.input_shapes)
    attributes = {
        name: value
        for name, value in layer.attributes().items()
        if name not in _UNSEEN and not name.endswith(_WIDTHS)
    }
    alone = [name for name, size in layer.weights().items() if size == (1,) != node.shape[:1]]
    return (layer.kind, tuple(attributes.items()), tuple(alone))
