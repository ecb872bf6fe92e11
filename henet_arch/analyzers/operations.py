"""How much a network computes: elementary operations and multiply-accumulates by layer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ..conventions.convention import Convention
from ..ir.dims import Dim
from ..ir.graph import Graph
from ..ir.layer import Ops


@dataclass(frozen=True)
class Operations:
    """Counts for one image, in the order of the graph's layers."""

    by_layer: tuple[Ops, ...]
    """Every elementary operation of the built network, whatever the convention."""
    macs_by_layer: tuple[Dim, ...]
    """Multiply-accumulates under the convention."""

    @cached_property
    def total(self) -> Ops:
        return Ops.sum(self.by_layer)

    @cached_property
    def macs(self) -> Dim:
        return sum(self.macs_by_layer)


def analyze(graph: Graph, convention: Convention) -> Operations:
    """Operations of one forward pass at inference."""
    ops = tuple([node.layer.ops(node.input_shapes, node.shape) for node in graph])
    return Operations(ops, tuple(convention.macs(graph, ops)))
