"""What became of each layer: computed, folded, fused or only indexed, and with which kernel."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from ..analyzers import memory
from ..ir.element_type import FLOAT32
from ..ir.graph import Graph, Node
from ..results.shown import Shown
from ..results.table import Column, Row, Table
from .plan import Plan
from .program import Step


@dataclass(frozen=True)
class LoweredLayer:
    """One layer in the plan."""

    layer: str
    kind: str
    done: str
    """`computed`, `copied`, `folded`, `fused`, `absorbed`, `placed` or `left out`."""
    into: tuple[str, ...]
    """The steps that do its work."""
    why: str


@dataclass(frozen=True)
class Account(Shown):
    """The fates of a graph's layers in a plan, or of those in `scope`."""

    graph: Graph
    plan: Plan
    scope: str | None = None

    def __post_init__(self) -> None:
        self.graph.inside(self.scope)

    @cached_property
    def layers(self) -> list[LoweredLayer]:
        """In the order of the graph."""
        return [self._fate(node) for node in self.graph.inside(self.scope)]

    @property
    def workspace_bytes(self) -> int:
        """What maps and scratch take; the caller gives room for their alignment too."""
        return self.plan.size * FLOAT32.bytes

    @property
    def bound_bytes(self) -> int:
        """What maps alone need at once if each layer has its own output, by the memory analysis."""
        return int(memory.analyze(self.graph).peak_bytes)

    def tables(self) -> list[Table]:
        columns = (Column("layer"), Column("becomes"), Column("how", prose=True))
        rows = [Row((fate.layer, fate.done, fate.why)) for fate in self.layers]
        counted = Counter(fate.done for fate in self.layers)
        notes = [
            ", ".join(f"{count} {done}" for done, count in counted.items()),
            f"maps and scratch take {self.workspace_bytes:,} bytes; the layers' maps, each by "
            f"itself, need {self.bound_bytes:,} at once "
            f"({self.workspace_bytes / self.bound_bytes:.2f} times)",
        ]
        return [Table(f"{self.graph.name}: how it is computed in C", columns, rows, notes)]

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "name": self.graph.name,
            "workspace_bytes": self.workspace_bytes,
            "peak_activation_bytes": self.bound_bytes,
            "layers": [asdict(fate) for fate in self.layers],
        }

    def records(self) -> list[dict[str, Any]]:
        return [{**asdict(fate), "into": "; ".join(fate.into)} for fate in self.layers]

    def _fate(self, node: Node) -> LoweredLayer:
        done, into, why = self._told(node)
        return LoweredLayer(node.name, node.layer.kind, done, into, why)

    def _told(self, node: Node) -> tuple[str, tuple[str, ...], str]:
        program = self.plan.program
        if node.name in program.order:
            step = program.steps[program.order[node.name]]
            return "computed", self._steps[node.name], self._computed(step)
        if norm := self._folded.get(node.name):
            return "folded", (norm,), f"into the weights and bias of {norm}"
        if name := self._factors.get(node.name):
            return "folded", (name,), f"into the weights of {name}, in each run"
        if fused := tuple(self._fused.get(node.name, ())):
            return "fused", fused, f"the last act of {' and of '.join(fused)}"
        if node.name not in self._read:
            return "left out", (), "no output depends on it"
        if node.name in self._steps:
            return "copied", self._steps[node.name], "an element a plane, as its reader needs it"
        if node.layer.kind == "pad2d":
            return "absorbed", (), "its zeros are padding of the windows that read it"
        if node.layer.kind == "concat":
            return "placed", (), f"{' and '.join(node.inputs)} stay in place; readers index both"
        return "absorbed", (), "its readers index its planes in their new order"

    def _computed(self, step: Step) -> str:
        choice = self.plan.choices[step.name]
        places = [
            f"{self.plan.layout.points[step.name, point].plane * step.channels * FLOAT32.bytes:,} "
            f"bytes at {self._byte(step.name, point):,}"
            for point in self.plan.program.stored[step.name]
        ]
        told = [choice.reason, " and ".join(places)]
        if step.name in self._turns:
            told.append(self._turns[step.name])
        return f"{choice.kernel}: {'; '.join(told)}"

    def _byte(self, name: str, point: int) -> int:
        """Where the map is in the workspace."""
        return (self.plan.zeros.size + self.plan.buffers.at[name, point]) * FLOAT32.bytes

    @cached_property
    def _turns(self) -> dict[str, str]:
        """For each step that takes turns with another, what it does in one turn."""
        result: dict[str, str] = {}
        for band in self.plan.layout.bands:
            first, second = band.first, band.second
            result[first.name] = (
                f"by turns with {second.name}, so that {band.held} of {first.size[0]} rows are held"
            )
            result[second.name] = (
                f"by turns with {first.name}, {band.rows} of {second.size[0]} rows at a time"
            )
        return result

    @cached_property
    def _folded(self) -> dict[str, str]:
        """For each batch norm or scale that is folded, the step that it is part of."""
        return {norm.name: step.name for step in self.plan.program.steps for norm in step.norms}

    @cached_property
    def _factors(self) -> dict[str, str]:
        """For each layer that multiplies weights, the step that they are of."""
        return {s.factors.node.name: s.name for s in self.plan.program.steps if s.factors}

    @cached_property
    def _steps(self) -> dict[str, tuple[str, ...]]:
        """For each layer the steps that are made of it, or of a part of it."""
        result: dict[str, tuple[str, ...]] = {}
        for step in self.plan.program.steps:
            result[step.node.name] = (*result.get(step.node.name, ()), step.name)
        return result

    @cached_property
    def _fused(self) -> dict[str, list[str]]:
        """For each layer that ends steps, those steps."""
        result: dict[str, list[str]] = {}
        for step in self.plan.program.steps:
            for finish in step.epilogues:
                result.setdefault(finish.node.name, []).append(step.name)
        return result

    @cached_property
    def _read(self) -> set[str]:
        """The layers that an output depends on."""
        read_layers = set(self.graph.outputs)
        for node in reversed(self.graph.nodes):
            if node.name in read_layers:
                read_layers |= set(node.inputs)
        return read_layers
