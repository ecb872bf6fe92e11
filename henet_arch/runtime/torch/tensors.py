"""The tensors of a network by state-dict key, as its graph promises and as a module has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from ...ir.dims import Shape
from ...ir.graph import Graph
from ...ir.scope import leaf

T = TypeVar("T")

COUNTER = "num_batches_tracked"
"""What PyTorch's batch norm keeps besides; a graph does not have it."""


def tensors_of(graph: Graph) -> dict[str, Shape]:
    """Weights and buffers of all layers, in the graph's order."""
    return {
        f"{node.name}.{key}": shape
        for node in graph
        for key, shape in (node.layer.weights() | node.layer.buffers()).items()
    }


def outputs_of(given: T | tuple[T, ...]) -> tuple[T, ...]:
    """What a network gives, one tensor or array or several, the main one first."""
    return given if isinstance(given, tuple) else (given,)


def shapes_of(tensors: Mapping[str, Any]) -> dict[str, Shape]:
    """The shapes of a state dict's tensors or arrays, without the counters."""
    return {key: tuple(tensor.shape) for key, tensor in tensors.items() if leaf(key) != COUNTER}
