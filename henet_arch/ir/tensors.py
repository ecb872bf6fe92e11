"""The weights and buffers of a network by name, as its layers state them."""

from __future__ import annotations

from .dims import Shape
from .graph import Graph, Node
from .scope import join, leaf


def held_by(node: Node) -> dict[str, Shape]:
    """The shapes of a layer's weights and buffers, by the last word of their names."""
    return node.layer.weights() | node.layer.buffers()


def tensors_of(graph: Graph) -> dict[str, Shape]:
    """The shapes of the weights and buffers of all layers, by state-dict key, in graph order.

    What several layers share stands once, under the first.
    """
    return {
        f"{node.name}.{key}": shape
        for node in graph
        if not node.shares
        for key, shape in held_by(node).items()
    }


def originals_of(graph: Graph) -> dict[str, str]:
    """The names that the same tensors have where the network comes from, by state-dict key."""
    return {
        f"{node.name}.{key}": join(node.original or node.name, key)
        for node in graph
        if not node.shares
        for key in held_by(node)
    }


def is_counter(key: str) -> bool:
    """Whether it is what PyTorch's batch norm keeps besides, which no graph has."""
    return leaf(key) == "num_batches_tracked"
