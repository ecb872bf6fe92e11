"""What each layer computes and moves, and how long a machine takes for it where nothing is fused.

Each layer is taken by itself, as a runtime that fuses nothing and keeps nothing in caches runs it:
its weights are read from memory once, each map that it reads once, and its output is written once,
all in the types of their elements. So the sum of the times is no bound for a network: code that
fuses layers, or whose maps stay in caches, can be faster. A layer that only moves data counts by
its bytes; what has no inputs is given and moves nothing. FLOPs are twice the
multiply-accumulates and once every other elementary operation.

Source: Williams, Waterman and Patterson, "Roofline: an insightful visual performance model for
multicore architectures", Communications of the ACM 52(4), 2009.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, Literal

from ..ir.dims import Dim
from ..ir.graph import Graph, Node
from ..results.shown import Shown
from ..results.table import Column, Row, Share, Table, short
from ..results.unknown import SIGN, bound, remark
from ._numbers import need_numbers
from .machine import Machine, known

ASSUMED = (
    "each layer by itself, weights and maps from memory and back; code that fuses layers or keeps "
    "maps in caches can be faster"
)
"""What the times are, in the result's own words."""

Bound = Literal["compute", "memory", ""]


@dataclass(frozen=True)
class Work:
    """A layer's, or a network's, for one image."""

    name: str
    kind: str
    flops: int
    """Those that are known."""
    bytes_moved: int
    known: bool = True
    """Whether these are all."""

    @property
    def intensity(self) -> float | None:
        """FLOPs for each byte; None where nothing moves, or not all FLOPs are known."""
        return self.flops / self.bytes_moved if self.bytes_moved and self.known else None

    def times(self, machine: Machine) -> tuple[float, float]:
        """Microseconds of computing at the peak, and of moving at the bandwidth."""
        thousands = 1000.0  # of 1e9 in a second are so many in a microsecond
        return (
            self.flops / (thousands * machine.peak_gflops),
            self.bytes_moved / (thousands * machine.bandwidth_gb_per_s),
        )

    def bound_by(self, machine: Machine) -> Bound:
        """What takes longer; nothing where there is nothing to do, or that is not known."""
        if not self.known:
            return ""
        computing, moving = self.times(machine)
        if not computing and not moving:
            return ""
        return "compute" if computing > moving else "memory"


@dataclass(frozen=True)
class Roofline(Shown):
    """The work of a network's layers, and how long each takes by itself at a machine's limits."""

    graph: Graph
    machine: Machine | None
    layers: tuple[Work, ...]

    @cached_property
    def total(self) -> Work:
        flops = sum(work.flops for work in self.layers)
        moved = sum(work.bytes_moved for work in self.layers)
        return Work("total", "", flops, moved, all(work.known for work in self.layers))

    @cached_property
    def unfused_us(self) -> float | None:
        """Microseconds of all layers, one after the other and each by itself.

        Layers of unknown cost take as long as what they move: it is a lower bound then.
        """
        return sum(max(w.times(self.machine)) for w in self.layers) if self.machine else None

    def tables(self) -> list[Table]:
        columns = [
            Column("layer"),
            Column("kind", wide=True),
            Column("FLOPs", number=True, rank=2),
            Column("bytes", number=True, rank=1),
            Column("FLOP/B", number=True),
        ]
        if self.machine:
            timed = [Column("unfused us", number=True), Column("of time", number=True, share=True)]
            columns += [*timed, Column("by")]
        rows = [self._row(work, max(self._times([work]))) for work in self.layers]
        rows.append(self._row(self.total, sum(self._times(self.layers)), total=True))
        title = f"{self.graph.name}: {self.graph.signature}, one image, layer by layer"
        return [Table(title, columns, rows, self._notes())]

    def to_dict(self) -> dict[str, Any]:
        machine = self.machine
        profile = {**vars(machine), "balance": machine.balance} if machine else None
        unknown = [work.name for work in self.layers if not work.known]
        totals = {
            "flops": self.total.flops,
            "bytes_moved": self.total.bytes_moved,
            "intensity": self.total.intensity,
            "unfused_us": self.unfused_us,
        }
        return {
            "schema": 1,
            "name": self.graph.name,
            "family": self.graph.family,
            "analysis": "roofline",
            "machine": profile,
            "times": ASSUMED if machine else None,
            "totals": totals,
            "unknown": unknown,
            "layers": self.records(),
        }

    def records(self) -> list[dict[str, Any]]:
        return [
            {
                "layer": work.name,
                "kind": work.kind,
                "flops": work.flops if work.known else None,
                "bytes_moved": work.bytes_moved,
                "intensity": work.intensity,
                "unfused_us": self._time(work) if self.machine and work.known else None,
                "bound_by": work.bound_by(self.machine) if self.machine else None,
            }
            for work in self.layers
        ]

    def _time(self, work: Work) -> float:
        return max(work.times(self.machine)) if self.machine else 0.0

    def _times(self, works: Iterable[Work]) -> list[float]:
        return list(map(self._time, works))

    def _row(self, work: Work, time: float, *, total: bool = False) -> Row:
        intensity = "" if work.intensity is None else f"{work.intensity:.2f}"
        flops = bound(short(work.flops), work.known)
        cells = [work.name, work.kind, flops, short(work.bytes_moved), intensity]
        if not self.machine:
            return Row(cells, "total" if total else "plain")
        share = Share(time / self.unfused_us) if self.unfused_us else None
        by = "" if total else work.bound_by(self.machine)
        text = f"{time:.2f}" if work.known else f"{SIGN} {time:.2f}"
        return Row([*cells, text, share, by], "total" if total else "plain")

    def _notes(self) -> list[str]:
        counted = [
            "FLOPs: 2 x MACs and every other operation; bytes: weights, inputs and output once"
        ]
        unknown = [work for work in self.layers if not work.known]
        if unknown:
            counted.insert(0, remark(self.total.flops, "FLOPs", len(unknown)))
        if not self.machine:
            return [
                *counted,
                "no times without a machine's profile: henet-arch machine measures it",
            ]
        machine = self.machine
        by = [work.bound_by(machine) for work in self.layers]
        return [
            *counted,
            f"unfused us: {ASSUMED}",
            f"{machine.name}: {machine.peak_gflops:g} GFLOP/s and {machine.bandwidth_gb_per_s:g} "
            f"GB/s, in balance at {machine.balance:.1f} FLOP/B",
            f"{by.count('compute')} layers bound by compute, {by.count('memory')} by memory",
        ]


def analyze(graph: Graph, machine: Machine | None = None) -> Roofline:
    """The roofline of `graph` on `machine`, or on the one that was measured here, if it was.

    Raises:
        ShapeError: a size of the network is left open.
        FileError: the measured profile is damaged.
    """
    return Roofline(graph, machine or known(), works(graph))


def works(graph: Graph) -> tuple[Work, ...]:
    """What each layer computes and moves.

    Raises:
        ShapeError: a size of the network is left open.
    """
    need_numbers(graph)
    return tuple(_work(graph, node) for node in graph)


def _work(graph: Graph, node: Node) -> Work:
    ops = node.layer.ops(node.input_shapes, node.shape)
    flops, moved = int(ops.mac + sum(ops)), int(_moved(graph, node))
    return Work(node.name, node.layer.kind, flops, moved, node.layer.cost_known)


def _moved(graph: Graph, node: Node) -> Dim:
    """Bytes read and written."""
    if not node.inputs:
        return 0
    read = (graph[name] for name in dict.fromkeys(node.inputs))
    inputs = sum(prod(other.shape) * other.element_type.bytes for other in read)
    stored = {**node.layer.weights(), **node.layer.buffers()}
    return inputs + sum(map(prod, (*stored.values(), node.shape))) * node.element_type.bytes


ANALYSIS = analyze
