"""One side of a comparison: a network's layers with their figures."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ..analyzers.report import Report
from ..conventions.convention import Convention
from ..ir.dims import format_shape
from ..results.layer_report import LayerReport
from ..support.errors import CompareError

Value = None | bool | int | float | str | tuple["Value", ...]
"""What an attribute of a layer can be."""
Sizes = tuple[int, ...]


class Costs(NamedTuple):
    """The figures that add up over layers, for one image."""

    params: int = 0
    macs: int = 0
    """In the convention's unit."""
    activations: int = 0
    """Elements."""
    weight_bytes: int = 0

    @staticmethod
    def sum(items: Iterable[Costs]) -> Costs:
        return Costs(*map(sum, zip(Costs(), *items, strict=True)))


@dataclass(frozen=True)
class Facts:
    """One layer, with numbers for all sizes."""

    name: str
    kind: str
    attributes: Mapping[str, Value]
    inputs: tuple[str, ...]
    input_shapes: tuple[Sizes, ...]
    shape: Sizes
    costs: Costs
    cost_known: bool = True
    """Whether all that it computes is among its costs."""

    @cached_property
    def features(self) -> tuple[Hashable, ...]:
        """What it may have in common with another layer of its kind, which itself counts twice."""
        settings = ((self.kind, key, value) for key, value in self.attributes.items())
        return ((self.kind,), (self.kind,), (self.kind, self.shape), *settings)


@dataclass(frozen=True)
class Side:
    """One network."""

    name: str
    family: str | None
    convention: Convention
    layers: tuple[Facts, ...]
    outputs: tuple[str, ...]
    """The layers that the network gives, the main one first."""
    peak_activation_bytes: int

    @cached_property
    def costs(self) -> Costs:
        return Costs.sum(layer.costs for layer in self.layers)

    @cached_property
    def unknown(self) -> tuple[Facts, ...]:
        """The layers of unknown cost."""
        return tuple(layer for layer in self.layers if not layer.cost_known)

    @property
    def signature(self) -> str:
        """From the input's shape to those of the outputs: `3x31x31 -> 10`."""
        shapes = {layer.name: layer.shape for layer in self.layers}
        given = ", ".join(format_shape(shapes[name]) for name in self.outputs)
        return f"{format_shape(self.layers[0].shape)} -> {given}"


def side(report: Report) -> Side:
    """The network of a report.

    Raises:
        CompareError: it has sizes that are open.
    """
    graph = report.graph
    if any(not isinstance(size, int) for node in graph for size in node.shape):
        raise CompareError(
            f"network {graph.name!r} has sizes that are open",
            fix="numbers for the symbols: costs are compared as numbers",
        )
    layers = tuple(map(_facts, report.layers))
    peak = int(report.memory.peak_bytes)
    return Side(graph.name, graph.family, report.convention, layers, graph.outputs, peak)


def _facts(layer: LayerReport) -> Facts:
    node = layer.node
    figures = (layer.params, layer.macs, layer.activations, layer.weight_bytes)
    return Facts(
        node.name,
        node.layer.kind,
        node.layer.notable(),
        node.inputs,
        node.input_shapes,
        node.shape,
        Costs(*map(int, figures)),
        layer.cost_known,
    )
