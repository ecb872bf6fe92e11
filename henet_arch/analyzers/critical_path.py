"""Which layers must wait for one another: the longest chains, and how many can run at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from ..ir.graph import Graph
from ..ir.scope import outermost
from ..results.shown import Shown
from ..results.table import Cell, Column, Row, Share, Table
from ..results.unknown import cell, remark
from ._antichain import widest
from ._known import few
from ._numbers import need_numbers

Cost = tuple[int, int]
"""What is to be long, and what decides where that is equal."""


@dataclass(frozen=True)
class CriticalPath(Shown):
    """Chains of layers each of which reads the one before, the image among them."""

    graph: Graph
    macs_by_layer: tuple[int, ...]
    """Multiply-accumulates of one image, in the graph's order."""
    longest: tuple[str, ...]
    """A chain of most layers, and of those one of most multiply-accumulates."""
    heaviest: tuple[str, ...]
    """A chain of most multiply-accumulates, and of those one of most layers."""
    widest: tuple[str, ...]
    """As many layers as there can be none of which depends on another."""

    @cached_property
    def macs(self) -> int:
        return sum(self.macs_by_layer)

    @cached_property
    def _macs(self) -> dict[str, int]:
        names = (node.name for node in self.graph)
        return dict(zip(names, self.macs_by_layer, strict=True))

    @cached_property
    def unknown(self) -> frozenset[str]:
        """The layers of unknown cost: chains are measured without it."""
        return frozenset(node.name for node in self.graph if not node.layer.cost_known)

    def macs_of(self, names: Sequence[str]) -> int:
        """Multiply-accumulates of some layers."""
        return sum(self._macs[name] for name in names)

    def tables(self) -> list[Table]:
        return [self._chains(), self._stages()]

    def to_dict(self) -> dict[str, Any]:
        chains = {"longest": self.longest, "heaviest": self.heaviest}
        return {
            "schema": 1,
            "name": self.graph.name,
            "family": self.graph.family,
            "analysis": "critical-path",
            "layers": len(self.graph),
            "macs": self.macs,
            "unknown": [name for name in self._macs if name in self.unknown],
            **{key: {"layers": list(c), "macs": self.macs_of(c)} for key, c in chains.items()},
            "width": len(self.widest),
            "widest": list(self.widest),
        }

    def records(self) -> list[dict[str, Any]]:
        longest, heaviest, widest = map(set, (self.longest, self.heaviest, self.widest))
        return [
            {
                "layer": name,
                "macs": None if name in self.unknown else macs,
                "on_longest": name in longest,
                "on_heaviest": name in heaviest,
                "in_widest": name in widest,
            }
            for name, macs in self._macs.items()
        ]

    def _chains(self) -> Table:
        columns = (
            Column("chain"),
            Column("layers", number=True),
            Column("of layers", share=True),
            Column("MACs", number=True),
            Column("of MACs", share=True),
        )
        everything = tuple(self._macs)
        rows = [
            Row(("most layers", *self._figures(self.longest))),
            Row(("most MACs", *self._figures(self.heaviest))),
            Row(("network", *self._figures(everything)), role="total"),
        ]
        title = f"{self.graph.name}: the longest chains of layers that wait for one another"
        return Table(title, columns, rows, self._notes())

    def _figures(self, names: Sequence[str]) -> tuple[Cell, ...]:
        layers = Share.of(len(names), len(self.graph))
        return len(names), layers, self._cell(names), Share.of(self.macs_of(names), self.macs)

    def _cell(self, names: Sequence[str]) -> Cell:
        return cell(self.macs_of(names), self.unknown.isdisjoint(names))

    def _notes(self) -> list[str]:
        if not self.unknown:
            return self._width()
        missing = remark(self.macs, "MACs", len(self.unknown))
        return [missing, "the chain of most MACs is that of what is known", *self._width()]

    def _width(self) -> list[str]:
        count = len(self.widest)
        if count == 1:
            return ["parallel width: 1 layer; every two layers depend on one another"]
        text = f"parallel width: {count} layers, none of which depends on another: "
        notes = [text + few(self.widest)]
        if heaviest := self.macs_of(self.heaviest):
            fewer = f"{self.macs / heaviest:.2f} times fewer MACs one after the other"
            notes.append(f"whole layers side by side: {fewer}, however many run at once")
        return notes

    def _stages(self) -> Table:
        columns = (
            Column("stage"),
            Column("layers", number=True, rank=1),
            Column("on chain", number=True, rank=2),
            Column("MACs", number=True),
            Column("MACs on chain", number=True),
            Column("of stage", share=True),
        )
        chain = set(self.heaviest)
        rows = []
        for stage, members in groupby(self._macs, key=outermost):
            names = list(members)
            on = [name for name in names if name in chain]
            macs, inside = self.macs_of(names), self.macs_of(on)
            counts = (len(names), len(on), self._cell(names), self._cell(on))
            rows.append(Row((stage, *counts, Share.of(inside, macs))))
        return Table(f"{self.graph.name}: the chain of most MACs, by stage", columns, rows)


def analyze(graph: Graph) -> CriticalPath:
    """The chains of most layers and of most multiply-accumulates, and the parallel width.

    Raises:
        ShapeError: a size is no number.
    """
    need_numbers(graph)
    macs = [int(node.layer.ops(node.input_shapes, node.shape).mac) for node in graph]
    longest = _chain(graph, [(1, count) for count in macs])
    heaviest = _chain(graph, [(count, 1) for count in macs])
    return CriticalPath(graph, tuple(macs), longest, heaviest, widest(graph))


def _chain(graph: Graph, costs: Sequence[Cost]) -> tuple[str, ...]:
    """The chain whose costs have the largest sum."""
    totals: dict[str, Cost] = {}
    before: dict[str, str] = {}
    for node, (first, second) in zip(graph, costs, strict=True):
        if node.inputs:
            best = max(node.inputs, key=totals.__getitem__)
            before[node.name] = best
            first, second = first + totals[best][0], second + totals[best][1]
        totals[node.name] = (first, second)
    name = max(totals, key=totals.__getitem__)
    chain = [name]
    while name in before:
        name = before[name]
        chain.append(name)
    return tuple(reversed(chain))


ANALYSIS = analyze
