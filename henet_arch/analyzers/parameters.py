"""How many numbers a network keeps: parameters by layer, and the bytes of its weight file."""

from __future__ import annotations

from dataclasses import dataclass

from ..conventions import Convention, stored
from ..dims import Dim
from ..graph import Graph
from .memory import ELEMENT_BYTES


@dataclass(frozen=True)
class Parameters:
    """Counts in the order of the graph's layers."""

    by_layer: tuple[Dim, ...]
    weight_bytes_by_layer: tuple[Dim, ...]
    """Stored tensors in fp32: the parameters as built, and the running statistics."""

    @property
    def total(self) -> Dim:
        return sum(self.by_layer)

    @property
    def weight_bytes(self) -> Dim:
        return sum(self.weight_bytes_by_layer)


def analyze(graph: Graph, convention: Convention) -> Parameters:
    """Parameters under `convention`, bytes as built."""
    return Parameters(
        tuple([convention.params(node) for node in graph]),
        tuple([stored(node.layer) * ELEMENT_BYTES for node in graph]),
    )
