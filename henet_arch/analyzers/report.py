"""All static figures of a network in one report, by layer, block and stage."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Any

from ..conventions.convention import Convention
from ..conventions.lookup import convention as find_convention
from ..ir import output_stride
from ..ir.dims import Dim
from ..ir.graph import Graph, Node
from ..ir.model import Model
from ..ir.scope import cut
from ..results.layer_report import LayerReport, Output, Scope
from ..results.report_table import View
from ..results.shown import Shown
from ..results.table import Table
from ..results.unknown import operator, words
from . import memory, operations, parameters

SCHEMA = 2
"""The version of the JSON that `Report.to_dict` gives."""


@dataclass(frozen=True, repr=False)
class Report(Shown):
    """What `analyze` found. Prints as a table; `to_dict` is the stable JSON.

    Attributes:
        graph: The network.
        convention: How its operations were counted.
        parameters: The elements of weights by layer, and their bytes.
        operations: Multiply-accumulates and elementary operations by layer, of one image.
        memory: Elements of every map, and the bytes that are held while each layer runs.
        unread_params: Parameters of the source that no layer reads; `params` is without them.
        tied_params: Parameters that more than one layer has; `params` has them once.
    """

    graph: Graph
    convention: Convention
    parameters: parameters.Parameters
    operations: operations.Operations
    memory: memory.Memory
    unread_params: int = 0
    tied_params: Dim = 0

    @cached_property
    def layers(self) -> tuple[LayerReport, ...]:
        """Every layer in the graph's order."""
        columns = zip(
            self.graph,
            self.parameters.by_layer,
            self.operations.macs_by_layer,
            self.operations.by_layer,
            self.memory.activations_by_layer,
            self.parameters.weight_bytes_by_layer,
            self.memory.live_bytes_by_layer,
            self.parameters.trainable_by_layer,
            map(self._covers, self.graph),
            strict=True,
        )
        return tuple(LayerReport(*row) for row in columns)

    @property
    def params(self) -> Dim:
        """Elements of all weights."""
        return self.parameters.total

    @property
    def macs(self) -> Dim:
        """Multiply-accumulates of one image."""
        return self.operations.macs

    @cached_property
    def unknown(self) -> tuple[Node, ...]:
        """The layers of unknown cost: `macs` is counted without them."""
        return tuple(node for node in self.graph if not self._covers(node))

    def _covers(self, node: Node) -> bool:
        return self.convention.covers(node.layer)

    @cached_property
    def outputs(self) -> tuple[Output, ...]:
        """What the network gives, the main output first."""
        result = output_stride.analyze(self.graph).by_layer
        strides = dict(zip((node.name for node in self.graph), result, strict=True))
        nodes = (self.graph[name] for name in self.graph.outputs)
        return tuple(
            Output(node.name, node.shape, strides[node.name] if len(node.shape) == 3 else None)
            for node in nodes
        )

    def stages(self) -> tuple[Scope, ...]:
        """The layers by the first part of their names: input, stem, stage1, ..., head."""
        return tuple(self._scopes(1))

    def blocks(self) -> tuple[Scope, ...]:
        """The layers by block: `stage1.block2`; a part without blocks is one."""
        return tuple(self._scopes(2))

    def _scopes(self, depth: int) -> Iterator[Scope]:
        for scope, layers in groupby(self.layers, key=lambda layer: cut(layer.node.name, depth)):
            yield Scope(scope, tuple(layers))

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers."""
        return {
            "schema": SCHEMA,
            "name": self.graph.name,
            "family": self.graph.family,
            "convention": self.convention.name,
            "input_shape": list(self.graph.input_shape),
            "output_shape": list(self.graph.output_shape),
            "outputs": [output.to_dict() for output in self.outputs],
            "totals": self.totals(),
            "unread_params": self.unread_params,
            "tied_params": self.tied_params,
            "unknown": [
                {"name": node.name, "operator": operator(node), "output_shape": list(node.shape)}
                for node in self.unknown
            ],
            "stages": [stage.to_dict() for stage in self.stages()],
            "blocks": [block.to_dict() for block in self.blocks()],
            "layers": [layer.to_dict() for layer in self.layers],
        }

    def headline(self) -> str:
        """`1,234 params, 5,678 MACs`; at least so many where a cost is unknown."""
        return f"{self.params:,} params, {words(self.macs, 'MACs', not self.unknown)}"

    def tables(self) -> Sequence[Table]:
        """The report by block, equal blocks folded."""
        return View(self).tables()

    def records(self) -> list[dict[str, Any]]:
        """One flat dict a layer."""
        return [layer.record() for layer in self.layers]

    __repr__ = Shown.__str__

    def totals(self) -> dict[str, Any]:
        """The whole network's figures."""
        return {
            "params": self.params,
            "macs": self.macs,
            "ops": self.operations.total.to_dict(),
            "activations": self.memory.activations,
            "weight_bytes": self.parameters.weight_bytes,
            "peak_activation_bytes": self.memory.peak_bytes,
            "peak_activation_layer": self.memory.peak_layer,
        }


def analyze(
    graph: Graph,
    convention: str | Convention = "exact",
    *,
    unread_params: int = 0,
    frozen: Collection[str] = frozenset(),
    uncounted: Collection[str] = frozenset(),
) -> Report:
    """Every static figure of `graph` under a counting convention.

    Args:
        graph: The network.
        convention: How operations are counted.
        unread_params: How many parameters its source has that no layer reads.
        frozen: The names of the parameters that training leaves as they are.
        uncounted: The names of the weights that add nothing to its parameters.

    Raises:
        UnknownNameError: no convention has that name.
    """
    how = convention if isinstance(convention, Convention) else find_convention(convention)
    return Report(
        graph,
        how,
        parameters.analyze(graph, how, frozen, uncounted),
        operations.analyze(graph, how),
        memory.analyze(graph),
        unread_params,
    )


def of_model(model: Model, convention: str | Convention = "exact") -> Report:
    """The same of a network, with what is known of the parameters of its source."""
    report = analyze(
        model.graph,
        convention,
        unread_params=model.unread_params,
        frozen=model.frozen,
        uncounted=model.uncounted,
    )
    if not model.tied:
        return report
    each = parameters.analyze(model.graph, report.convention, uncounted=model.constants)
    return replace(report, tied_params=each.total - report.parameters.total)
