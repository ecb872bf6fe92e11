"""How many numbers a network keeps: parameters by layer, and the bytes of its weight file."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import prod
from typing import NamedTuple

from ..conventions.convention import Convention
from ..ir.dims import Dim
from ..ir.graph import Graph, Node
from ..ir.layer import Layer
from ..ir.scope import join


@dataclass(frozen=True)
class Parameters:
    """Counts in the order of the graph's layers."""

    by_layer: tuple[Dim, ...]
    weight_bytes_by_layer: tuple[Dim, ...]
    """Stored tensors: the parameters as built, and the running statistics."""
    trainable_by_layer: tuple[Dim, ...]
    """The parameters as built that training changes."""

    @cached_property
    def total(self) -> Dim:
        return sum(self.by_layer)

    @cached_property
    def weight_bytes(self) -> Dim:
        return sum(self.weight_bytes_by_layer)


class _Tensors(NamedTuple):
    params: Dim
    stored: Dim


_NOTHING = _Tensors(0, 0)
"""Of a layer that uses another's."""


def analyze(
    graph: Graph,
    convention: Convention,
    frozen: Collection[str] = frozenset(),
    uncounted: Collection[str] = frozenset(),
) -> Parameters:
    """Parameters under `convention`, bytes as built.

    Args:
        graph: The network.
        convention: What counts as a parameter.
        frozen: The names of those that training leaves as they are.
        uncounted: The names of weights that count as nothing: an earlier layer has them already, or
            they are no parameters.
    """
    built = [_NOTHING if node.shares else _tensors(node.layer) for node in graph]
    own = [
        each.params - _elements_of(node, uncounted) if uncounted else each.params
        for node, each in zip(graph, built, strict=True)
    ]
    counted = own
    if convention.parameters:
        counted = [
            params if node.shares or params != each.params else convention.params(node, params)
            for node, params, each in zip(graph, own, built, strict=True)
        ]
    stored = [
        each.stored * node.element_type.bytes for node, each in zip(graph, built, strict=True)
    ]
    still = set(frozen) - set(uncounted)
    trainable = [
        params - _elements_of(node, still) if still else params
        for node, params in zip(graph, own, strict=True)
    ]
    return Parameters(tuple(counted), tuple(stored), tuple(trainable))


def _elements_of(node: Node, names: Collection[str]) -> Dim:
    """How many numbers a layer has in its weights of those names."""
    if node.shares:
        return 0
    weights = node.layer.weights().items()
    return sum(prod(shape) for name, shape in weights if join(node.name, name) in names)


@lru_cache(maxsize=4096)  # layers of repeated blocks are equal
def _tensors(layer: Layer) -> _Tensors:
    params = sum(map(prod, layer.weights().values()))
    return _Tensors(params, params + sum(map(prod, layer.buffers().values())))
