"""What is held while each layer runs, and the order of the layers that holds the least at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

from ..ir.graph import Graph
from ..results.shown import Shown
from ..results.table import Column, Row, Share, Table, size
from ..support.errors import LimitError
from . import memory
from ._ordering import Ordered, least_peak

MOST_HELD = 5_000_000
"""Maps that all rows together may name."""


@dataclass(frozen=True)
class Moment:
    """One layer while it runs."""

    layer: str
    live_bytes: int
    held: tuple[str, ...]
    """The layers whose outputs take up memory, this one's last; without what it overwrites."""

    def to_dict(self) -> dict[str, Any]:
        return {"layer": self.layer, "live_bytes": self.live_bytes, "held": list(self.held)}


@dataclass(frozen=True)
class Timeline:
    """Activations of one image, layer by layer, in one order."""

    moments: tuple[Moment, ...]

    @cached_property
    def peak(self) -> Moment:
        """The first moment at which the most is held."""
        return max(self.moments, key=lambda moment: moment.live_bytes)

    def to_dict(self) -> dict[str, Any]:
        return {
            "peak_activation_bytes": self.peak.live_bytes,
            "peak_activation_layer": self.peak.layer,
            "layers": [moment.to_dict() for moment in self.moments],
        }


@dataclass(frozen=True)
class MemoryTimeline(Shown):
    """A network's memory in its own order and in the best order found."""

    graph: Graph
    ordered: Ordered

    @cached_property
    def own(self) -> Timeline:
        return timeline(self.graph)

    @cached_property
    def best(self) -> Timeline:
        return timeline(self.ordered.graph)

    @property
    def reordered(self) -> bool:
        """Whether another order holds less than the graph's own."""
        return self.best.peak.live_bytes < self.own.peak.live_bytes

    def tables(self) -> list[Table]:
        """The graph's own order, and the best one where it is another."""
        shown = [_table(f"{self.graph.name}: memory while each layer runs", self.own)]
        if self.reordered:
            shown.append(_table("the order found that holds the least at once", self.best))
        last = shown.pop()
        return [*shown, Table(last.title, last.columns, last.rows, [*last.notes, *self._notes()])]

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "name": self.graph.name,
            "family": self.graph.family,
            "analysis": "memory-timeline",
            "own_order": self.own.to_dict(),
            "best_order": self.best.to_dict(),
            "search": {
                "proven": self.ordered.proven,
                "how": self.ordered.how,
                "least_bytes": self.ordered.least_bytes,
            },
        }

    def records(self) -> list[dict[str, Any]]:
        """A row for each layer in each of the two orders."""
        return [
            {"order": order, "step": step, **moment.to_dict(), "held": " ".join(moment.held)}
            for order, line in (("own", self.own), ("best", self.best))
            for step, moment in enumerate(line.moments)
        ]

    def _notes(self) -> list[str]:
        own, best = self.own.peak.live_bytes, self.best.peak.live_bytes
        less = f"{(own - best) / own:.1%} less than the graph's own order"
        order = less if self.reordered else "the graph's own order"
        if self.ordered.proven:
            why = f"no order of whole layers needs less ({self.ordered.how})"
            return [f"the best order found: {order}; {why}"]
        least = f"no order of whole layers can need less than {self.ordered.least_bytes:,} bytes"
        return [f"the best order found: {order}, not proven best ({self.ordered.how}); {least}"]


def analyze(graph: Graph) -> MemoryTimeline:
    """What `graph` holds while each layer runs, and an order of its layers that holds less.

    Liveness is that of `memory.analyze`. The best order is never worse than the graph's own.

    Raises:
        ShapeError: a size of the network is left open.
    """
    return MemoryTimeline(graph, least_peak(graph))


def timeline(graph: Graph) -> Timeline:
    """What is held while each layer runs, in the graph's own order.

    Raises:
        LimitError: so many maps are held by so many layers that naming them takes too long.
    """
    sizes = memory.sizes_of(graph, (prod(node.shape) for node in graph))
    live = memory.analyze(graph).live_bytes_by_layer
    held: dict[str, None] = {}
    moments = []
    shown = 0
    for node, done, count in zip(graph, memory.freed(graph), live, strict=True):
        gone = memory.overwritten(node, sizes, done)
        shown += len(held)
        if shown > MOST_HELD:
            raise LimitError(
                f"more than {MOST_HELD:,} maps are held, summed over the layers",
                where=node.name,
                why="each layer's row names all that is held while it runs",
                fix="henet-arch analyze, which gives the peak alone",
            )
        names = tuple(name for name in held if name != gone)
        moments.append(Moment(node.name, int(count), (*names, node.name)))
        held[node.name] = None
        for name in done:
            del held[name]
    return Timeline(tuple(moments))


def _table(title: str, line: Timeline) -> Table:
    peak = line.peak
    columns = (
        Column("layer"),
        Column("bytes", number=True),
        Column("of peak", number=True, share=True),
        Column("held", prose=True),
    )
    rows = [
        Row(
            (
                moment.layer,
                moment.live_bytes,
                Share.of(moment.live_bytes, peak.live_bytes),
                ", ".join(moment.held),
            ),
            "head" if moment is peak else "plain",
        )
        for moment in line.moments
    ]
    text = f"peak {peak.live_bytes:,} bytes ({size(peak.live_bytes)}) at {peak.layer}"
    return Table(title, columns, rows, [text])


ANALYSIS = analyze
