"""The weights and buffers of a network by name, as its layers state them."""

from __future__ import annotations

from .dims import Shape
from .graph import Graph
from .scope import leaf


def tensors_of(graph: Graph) -> dict[str, Shape]:
    """The shapes of the weights and buffers of all layers, by state-dict key, in graph order.

    What several layers share stands once, under the first.
    """
    return {
        f"{node.name}.{key}": shape
        for node in graph
        if not node.shares
        for key, shape in (node.layer.weights() | node.layer.buffers()).items()
    }


def is_counter(key: str) -> bool:
    """Whether it is what PyTorch's batch norm keeps besides, which no graph has."""
    return leaf(key) == "num_batches_tracked"
