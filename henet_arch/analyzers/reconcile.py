"""Why counters print different totals of one network: what each counts, part by part."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..conventions.convention import Convention
from ..conventions.lookup import conventions
from ..ir.dims import Dim
from ..ir.functions import FUNCTIONS
from ..ir.graph import Graph
from ..results.shown import Shown
from ..results.table import Column, Row, Table, short

PARTS = {
    "conv": "convolutions",
    "linear": "fully connected layers",
    "bias": "their biases",
    "norm": "batch and response normalisation",
    "active": "activation functions and softmax",
    "pool": "pooling",
    "other": "other layers",
}
"""The parts of a count, and what each holds."""

_PART_OF = {
    "conv2d": "conv",
    "linear": "linear",
    "batch_norm2d": "norm",
    "local_response_norm": "norm",
    **dict.fromkeys(FUNCTIONS, "active"),
    "softmax": "active",
    "avg_pool2d": "pool",
    "max_pool2d": "pool",
    "global_avg_pool2d": "pool",
}
_BIASES = {("conv2d", "add"), ("linear", "add")}


@dataclass(frozen=True)
class Count:
    """What one convention counts of a network."""

    convention: Convention
    parts: dict[str, Dim]
    """By the names in `PARTS`."""
    differences: dict[str, Dim]
    """How much more each part is than under `exact`."""

    @property
    def total(self) -> Dim:
        return sum(self.parts.values())

    @property
    def difference(self) -> Dim:
        return sum(self.differences.values())

    def to_dict(self) -> dict[str, Any]:
        return {
            "convention": self.convention.name,
            "unit": self.convention.unit,
            "counts": self.convention.summary,
            "parts": self.parts,
            "total": self.total,
            "differences": self.differences,
            "difference": self.difference,
        }

    def record(self) -> dict[str, Any]:
        how = {"convention": self.convention.name, "unit": self.convention.unit}
        return {**how, **self.parts, "total": self.total, "difference": self.difference}


@dataclass(frozen=True)
class Reconciliation(Shown):
    """One network as every convention counts it."""

    graph: Graph

    @cached_property
    def counts(self) -> tuple[Count, ...]:
        """By convention, `exact` first."""
        by_convention = {name: _parts(self.graph, how) for name, how in conventions().items()}
        exact = by_convention["exact"]
        return tuple(
            Count(
                how,
                by_convention[name],
                {part: by_convention[name][part] - exact[part] for part in PARTS},
            )
            for name, how in conventions().items()
        )

    def tables(self) -> list[Table]:
        return [self._figures(), self._words()]

    def to_dict(self) -> dict[str, Any]:
        counts = [count.to_dict() for count in self.counts]
        return {"schema": 1, "name": self.graph.name, "conventions": counts}

    def records(self) -> list[dict[str, Any]]:
        return [count.record() for count in self.counts]

    def _figures(self) -> Table:
        shown = [part for part in PARTS if any(count.parts[part] for count in self.counts)]
        titles = (*shown, "total", "to exact")
        columns = (Column("counter"), *(Column(title, number=True) for title in titles))
        rows = [
            Row(
                (
                    count.convention.name,
                    *(short(count.parts[part]) if count.parts[part] else "" for part in shown),
                    short(count.total),
                    short(count.difference, sign=True),
                )
            )
            for count in self.counts
        ]
        held = "; ".join(f"{part}: {PARTS[part]}" for part in shown)
        title = f"{self.graph.name}: {self.graph.signature}, one image"
        return Table(title, columns, rows, [held, "to exact: the total less exact MACs"])

    def _words(self) -> Table:
        columns = (Column("counter"), Column("unit"), Column("counts", prose=True))
        rows = [Row((how.name, how.unit, how.summary)) for how in conventions().values()]
        return Table("what each counts", columns, rows)


def _parts(graph: Graph, how: Convention) -> dict[str, Dim]:
    """What `how` counts of `graph`, by part."""
    totals: dict[str, Dim] = dict.fromkeys(PARTS, 0)
    ops = [node.layer.ops(node.input_shapes, node.shape) for node in graph]
    for node, measures in zip(graph, how.parts(graph, ops), strict=True):
        kind = node.layer.kind
        for name, number in measures.items():
            part = "bias" if (kind, name) in _BIASES else _PART_OF.get(kind, "other")
            totals[part] += number
    return totals
