"""How much memory the maps between the layers take, and where most of it is live at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

from ..ir.dims import Dim
from ..ir.graph import Graph, Node


@dataclass(frozen=True)
class Memory:
    """Activations of one image, in the order of the graph's layers."""

    activations_by_layer: tuple[Dim, ...]
    """Elements that each layer makes."""
    live_bytes_by_layer: tuple[Dim, ...]
    """Bytes that must be held while each layer runs, its inputs and output among them."""
    names: tuple[str, ...]

    @cached_property
    def activations(self) -> Dim:
        """Elements that all layers make, the image among them."""
        return sum(self.activations_by_layer)

    @cached_property
    def peak_bytes(self) -> Dim:
        return max(self.live_bytes_by_layer)

    @property
    def peak_layer(self) -> str:
        """The first layer at which the peak is reached."""
        return self.names[self.live_bytes_by_layer.index(self.peak_bytes)]


def analyze(graph: Graph, known: Callable[[Dim], Dim] | None = None) -> Memory:
    """Liveness over the graph's own order.

    A map is held from the layer that makes it to the last one that reads it; an output, and
    what nothing reads, to the end. A layer that may work in place takes over the memory of an
    input of its own size that nothing reads later.

    Args:
        graph: The network.
        known: What a size of a map is as far as is known of it, where sizes are open.
    """
    shapes = (node.shape if known is None else map(known, node.shape) for node in graph)
    elements = tuple(map(prod, shapes))
    sizes = sizes_of(graph, elements)
    held: Dim = 0
    live = []
    for node, done in zip(graph, freed(graph), strict=True):
        taken, change = step(node, sizes, done)
        live.append(held + taken)
        held += change
    return Memory(elements, tuple(live), tuple(sizes))


def sizes_of(graph: Graph, elements: Iterable[Dim]) -> dict[str, Dim]:
    """The bytes of each layer's output, from its elements."""
    return {
        node.name: count * node.element_type.bytes
        for node, count in zip(graph, elements, strict=True)
    }


def freed(graph: Graph) -> list[list[str]]:
    """For each layer, those of its inputs that need not be held after it."""
    last_reader = {name: node for node in graph for name in node.inputs}
    for name in graph.outputs:
        last_reader.pop(name, None)
    return [
        [
            name
            for name in (node.inputs if len(node.inputs) == 1 else dict.fromkeys(node.inputs))
            if last_reader.get(name) is node
        ]
        for node in graph
    ]


def step(node: Node, sizes: Mapping[str, Dim], done: Sequence[str]) -> tuple[Dim, Dim]:
    """Bytes that a layer takes on top of what is held before it: while it runs, and after.

    `done` are its inputs that need not be held after it.
    """
    size = sizes[node.name]
    taken = 0 if overwritten(node, sizes, done) else size
    return taken, size - sum(sizes[name] for name in done)


def overwritten(node: Node, sizes: Mapping[str, Dim], done: Sequence[str]) -> str | None:
    """The input in whose place the layer writes its output, if it can."""
    if not node.layer.in_place:
        return None
    return next((name for name in done if sizes[name] == sizes[node.name]), None)
