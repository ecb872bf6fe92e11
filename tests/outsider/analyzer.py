"""An analysis: how many layers there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from henet_arch.ir.graph import Graph
from henet_arch.results.shown import Shown
from henet_arch.results.table import Column, Row, Table


@dataclass(frozen=True)
class Count(Shown):
    """The layers of a network."""

    layers: int

    def tables(self) -> list[Table]:
        return [Table("outstudy", [Column("layers", number=True)], [Row([self.layers])])]

    def to_dict(self) -> dict[str, Any]:
        return {"layers": self.layers}

    def records(self) -> list[dict[str, Any]]:
        return [self.to_dict()]


def analyze(graph: Graph) -> Count:
    return Count(len(graph))


ANALYSIS = analyze
