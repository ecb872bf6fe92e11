"""Why a network is as it is: the decision behind each layer, told by block or by layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import filterfalse
from typing import Any

from ..analyzers.report import Report
from ..ir.dims import format_shape
from ..ir.graph import SOURCE, Decision
from ..ir.scope import join, parent
from ..results.layer_report import LayerReport, Scope
from ..results.report_table import folded, joined_name
from ..results.shown import Shown
from ..results.table import Column, Row, Table, setting
from .scope_explanation import facts_table, parts, parts_table
from .scope_explanation import to_dict as scope_to_dict


@dataclass(frozen=True)
class Explanation(Shown):
    """The decisions of a whole network; what a block or stage is, and its decisions; a layer."""

    report: Report
    scope: str | None = None

    def __post_init__(self) -> None:
        self._layers()

    def tables(self) -> list[Table]:
        if self._is_layer:
            return [_facts(layer) for layer in self._layers()]
        if self._scope is None:
            return [self._decided(self.report.graph.name, self._notes())]
        about = [make(self.report, self._scope) for make in (facts_table, parts_table)]
        return [*about, self._decided(self._scope.name)] if any(self._decisions()) else about

    def _decided(self, name: str, notes: Sequence[str] = ()) -> Table:
        columns = (
            Column("layers"),
            Column("rule", wide=True),
            Column("reason", prose=True),
            Column("source", prose=True, rank=1),
        )
        title = f"{name}: what the rules decided, and why"
        return Table(title, columns, list(self._decisions()), notes)

    def _notes(self) -> list[str]:
        return [*([] if any(self._decisions()) else [_NO_RULES]), *self._sources()]

    def to_dict(self) -> dict[str, Any]:
        graph = self.report.graph
        scope = {"scope": scope_to_dict(self.report, self._scope)} if self._scope else {}
        layers = [layer.to_dict() for layer in self._layers()]
        return {"schema": 1, "name": graph.name, "family": graph.family, **scope, "layers": layers}

    def records(self) -> list[dict[str, Any]]:
        return [
            {"layer": layer.node.name, **decision._asdict()}
            for layer in self._layers()
            for decision in layer.node.because
        ]

    def _layers(self) -> list[LayerReport]:
        graph, layers = self.report.graph, self.report.layers
        return [layers[graph.positions[node.name]] for node in graph.inside(self.scope)]

    @property
    def _is_layer(self) -> bool:
        return [layer.node.name for layer in self._layers()] == [self.scope]

    @cached_property
    def _scope(self) -> Scope | None:
        """The block or stage; None for a whole network or a layer."""
        if self.scope is None or self._is_layer:
            return None
        return Scope(self.scope, tuple(self._layers()))

    def _sources(self) -> list[str]:
        """How many layers say where they come from, and how to see it."""
        count = sum(any(map(_is_source, layer.node.because)) for layer in self.report.layers)
        layers = f"{count:,} layer{'s have' if count > 1 else ' has'}"
        shown = "the name of a layer, block or stage shows it"
        return [f"{layers} a line of the source: {shown}"] if count else []

    def _decisions(self) -> Iterator[Row]:
        """Each decision once for each run of blocks with equal decisions."""
        blocks = list(self.report.blocks()) if self._scope is None else parts(self._scope)
        for same in folded(blocks, _decided):
            name = join(parent(same[0].name), joined_name(same))
            for index, decision in enumerate(_decided(same[0])):
                yield Row(("" if index else name, *decision))


_SHOWN = ("input_shapes", "output_shape", "tensors", "cost")
"""The attributes of an opaque layer that other facts say."""
_NO_RULES = "no rules made this network: the name of a layer, block or stage shows its facts"


def _is_source(decision: Decision) -> bool:
    return decision.rule == SOURCE


def _decided(scope: Scope) -> tuple[Decision, ...]:
    """What rules decided; a layer's line in the source is its own alone."""
    texts = (decision for layer in scope.layers for decision in layer.node.because)
    return tuple(dict.fromkeys(filterfalse(_is_source, texts)))


def _facts(layer: LayerReport) -> Table:
    node = layer.node
    rows: list[tuple[str, str]] = [(key, setting(value)) for key, value in _settings(layer)]
    if node.original:
        rows.insert(0, ("original name", node.original))
    if node.inputs:
        rows.append(("reads", _reads(layer)))
    if node.as_published:
        changed = {
            key: value
            for key, value in node.as_published.layer.attributes().items()
            if value != node.layer.attributes().get(key)
        }
        text = ", ".join(f"{key} {setting(value)}" for key, value in changed.items())
        rows.append(("in print", f"{text}: so the paper's table draws and counts it"))
    rows += map(_reason, node.because)
    title = f"{node.name}: {node.layer.kind}"
    return Table(title, (Column("fact"), Column("value", prose=True)), [Row(row) for row in rows])


def _reason(decision: Decision) -> tuple[str, str]:
    if _is_source(decision):
        return "source", f"{decision.source}: {decision.reason}"
    return "because", f"{decision.reason} [{decision.rule}; {decision.source}]"


def _settings(layer: LayerReport) -> Iterator[tuple[str, Any]]:
    node = layer.node
    operands = zip(node.inputs, node.input_shapes, strict=True)
    if node.inputs:
        yield "input", ", ".join(f"{name} ({format_shape(shape)})" for name, shape in operands)
    yield "output", format_shape(node.shape)
    for key, value in node.layer.notable().items():
        if key not in _SHOWN:
            yield key.replace("_", " "), value
    for name, shape in node.layer.weights().items():
        yield f"parameter {name}", f"{format_shape(shape)}"
    if node.shares:
        yield "weights", f"those of {node.shares}, counted there"
    yield "params", layer.params
    if not layer.cost_known:
        yield "cost", "unknown: no total has it"
        return
    yield "MACs", layer.macs
    if layer.ops.to_dict():
        yield "operations", ", ".join(f"{n:,} {name}" for name, n in layer.ops.to_dict().items())


def _reads(layer: LayerReport) -> str:
    node = layer.node
    if not node.layer.structure_known:
        return "what its output depends on is not known"
    ranges = node.layer.reads(0, node.input_shapes)
    texts = [
        f"{channels.stop - channels.start} of {shape[0]} channels of {name}"
        for name, shape, channels in zip(node.inputs, node.input_shapes, ranges, strict=True)
        if channels.stop > channels.start
    ]
    if not texts:
        return "output channel 0 depends on no input"
    return "output channel 0 depends on " + ", ".join(texts)
