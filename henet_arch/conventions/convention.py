"""How to count: each convention is a small value, and every count is read through one.

No two published counters agree on one network, since each counts other operations. A convention
says which parameters and which operations its figures hold. Each is `CONVENTION` in a file of the
folder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ..ir.dims import Dim
from ..ir.graph import Graph, Node
from ..ir.layer import NO_OPS, Layer, Ops
from ..ir.layers import Opaque
from .quantities import quantity

ANY = "*"
"""Every layer kind, or every operator, that a convention does not name."""


@dataclass(frozen=True)
class Convention:
    """What is counted as a parameter and as an operation."""

    name: str
    summary: str
    weights: Mapping[str, Mapping[str, int]]
    """By layer kind, how often each of its measures is counted; other kinds are not."""
    operators: Mapping[str, Mapping[str, int]] | None = None
    """The same by operator of opaque layers; None where the source counts no operators but modules.

    What it counts of an opaque layer that computes anything is then unknown.
    """
    unit: Literal["MACs", "FLOPs"] = "MACs"
    """FLOPs where a multiply-accumulate counts as two, whatever its source calls the sum."""
    parameters: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """The same for what is counted as parameters; of other kinds, the trained numbers are."""
    as_published: bool = False
    """Whether operations are counted on the layers that the source's table prints."""
    live_only: bool = False
    """Whether operations are counted only of layers that an output depends on, as in a trace."""

    def macs(self, graph: Graph, ops: Sequence[Ops]) -> list[Dim]:
        """What each layer counts for one image, `ops` being those of the built ones."""
        return [sum(parts.values()) for parts in self.parts(graph, ops)]

    def parts(self, graph: Graph, ops: Sequence[Ops]) -> list[dict[str, Dim]]:
        """The same by measure, in the order of the graph's layers."""
        live = graph.live if self.live_only else None
        return [
            self._of(node, each) if live is None or node.name in live else {}
            for node, each in zip(graph, ops, strict=True)
        ]

    def covers(self, layer: Layer) -> bool:
        """Whether it is known what the source counts of a layer."""
        if not isinstance(layer, Opaque) or not layer.cost:
            return layer.cost_known
        return self.operators is not None

    def _of(self, node: Node, ops: Ops) -> dict[str, Dim]:
        weights = self._weights(node.layer)
        if self.as_published and node.as_published:
            layer, shapes = node.as_published
            ops = layer.ops(shapes, node.shape)
            node = node._replace(layer=layer, input_shapes=shapes)
        return {name: weight * quantity(name, node, ops) for name, weight in weights.items()}

    def _weights(self, layer: Layer) -> Mapping[str, int]:
        if isinstance(layer, Opaque):
            table, name = self.operators or {}, layer.operator
        else:
            table, name = self.weights, layer.kind
        return table[name] if name in table else table.get(ANY, {})

    def params(self, node: Node, trained: Dim) -> Dim:
        """What a layer counts as parameters, `trained` being its trained numbers."""
        weights = self.parameters.get(node.layer.kind)
        if weights is None:
            return trained
        return sum(weight * quantity(name, node, NO_OPS) for name, weight in weights.items())
