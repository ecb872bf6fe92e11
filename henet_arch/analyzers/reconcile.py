"""Why counters print different totals of one network: what each counts, part by part."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..conventions.convention import Convention
from ..conventions.lookup import conventions
from ..ir.dims import Dim
from ..ir.functions import FUNCTIONS
from ..ir.graph import Graph, Node
from ..results.shown import Shown
from ..results.table import Column, Row, Table, short
from ..results.unknown import bound, operator, remark, table
from ._known import few

PARTS = {
    "conv": "convolutions",
    "linear": "fully connected layers",
    "bias": "their biases",
    "norm": "normalisation of any kind",
    "active": "activation functions and softmax",
    "pool": "pooling",
    "other": "other layers",
}
"""The parts of a count, and what each holds."""

_CONVOLUTIONS = ("conv2d", "conv_transpose2d")
_NORMS = ("batch_norm2d", "batch_norm1d", "layer_norm", "group_norm", "local_response_norm")
_POOLS = tuple(
    f"{prefix}{word}_pool2d" for prefix in ("", "global_", "adaptive_") for word in ("avg", "max")
)
_PART_OF = {
    **dict.fromkeys(_CONVOLUTIONS, "conv"),
    "linear": "linear",
    **dict.fromkeys(_NORMS, "norm"),
    **dict.fromkeys(FUNCTIONS, "active"),
    "prelu": "active",
    "softmax": "active",
    **dict.fromkeys(_POOLS, "pool"),
}
_BIASES = {(kind, "add") for kind in (*_CONVOLUTIONS, "linear")}


@dataclass(frozen=True)
class Count:
    """What one convention counts of a network."""

    convention: Convention
    parts: dict[str, Dim]
    """By the names in `PARTS`."""
    differences: dict[str, Dim]
    """How much more each part is than under `exact`."""
    unknown: tuple[Node, ...]
    """The layers of which it is unknown what is counted: no part has them."""

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
            "unknown": [node.name for node in self.unknown],
        }

    def record(self) -> dict[str, Any]:
        how = {"convention": self.convention.name, "unit": self.convention.unit}
        sums = {"total": self.total, "difference": self.difference}
        return {**how, **self.parts, **sums, "unknown_layers": len(self.unknown)}


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
                tuple(node for node in self.graph if not how.covers(node.layer)),
            )
            for name, how in conventions().items()
        )

    @property
    def _exact(self) -> Count:
        return self.counts[0]

    @cached_property
    def _partial(self) -> list[Count]:
        """Those that lack layers which `exact` has."""
        return [count for count in self.counts if count.unknown != self._exact.unknown]

    def tables(self) -> list[Table]:
        unknown = self._exact.unknown
        listed = [table([(node, None) for node in unknown])] if unknown else []
        return [self._figures(), *listed, self._words()]

    def to_dict(self) -> dict[str, Any]:
        counts = [count.to_dict() for count in self.counts]
        unknown = [node.name for node in self._exact.unknown]
        return {"schema": 1, "name": self.graph.name, "unknown": unknown, "conventions": counts}

    def records(self) -> list[dict[str, Any]]:
        return [count.record() for count in self.counts]

    def _figures(self) -> Table:
        shown = [part for part in PARTS if any(count.parts[part] for count in self.counts)]
        parts = (Column(title, number=True, rank=1) for title in shown)
        sums = (Column(title, number=True) for title in ("total", "to exact"))
        columns = (Column("counter"), *parts, *sums)
        rows = [
            Row(
                (
                    count.convention.name,
                    *(short(count.parts[part]) if count.parts[part] else "" for part in shown),
                    bound(short(count.total), not count.unknown),
                    "unknown" if count in self._partial else short(count.difference, sign=True),
                )
            )
            for count in self.counts
        ]
        held = "; ".join(f"{part}: {PARTS[part]}" for part in shown)
        title = f"{self.graph.name}: {self.graph.signature}, one image"
        notes = [held, "to exact: the total less exact MACs"]
        if self._partial:
            notes.insert(0, self._why(self._partial[0]))
        if exact := self._exact.unknown:
            unit = self._exact.convention.unit
            notes.insert(0, remark(self._exact.total, unit, len(exact)))
        return Table(title, columns, rows, notes)

    def _why(self, count: Count) -> str:
        """What a count lacks that `exact` has."""
        lacking = (node for node in count.unknown if node not in self._exact.unknown)
        names = few(list(dict.fromkeys(map(operator, lacking))))
        return f"unknown: a counter of modules does not say what it counts of operators: {names}"

    def _words(self) -> Table:
        columns = (Column("counter"), Column("unit", rank=1), Column("counts", prose=True))
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
