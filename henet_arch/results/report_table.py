"""A report as a table: by stage, block or layer, equal blocks folded into one row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from math import prod
from typing import Any, Literal, Protocol, get_args

from ..ir.dims import Dim
from ..ir.graph import Graph, Node
from ..ir.scope import below, is_below, join, leaf, outermost, parent
from . import unknown
from .columns import DEFAULT, Field, Part, Role, Whole, record, values
from .layer_report import LayerReport, Output, Scope
from .table import Column, Row, Share, Table, size

Depth = Literal["stages", "blocks", "layers"]


class Counted(Whole, Protocol):
    """A report on a graph, as far as its table shows it."""

    @property
    def graph(self) -> Graph: ...
    @property
    def layers(self) -> tuple[LayerReport, ...]: ...
    @property
    def outputs(self) -> tuple[Output, ...]: ...
    @property
    def unknown(self) -> tuple[Node, ...]: ...
    @property
    def unread_params(self) -> int: ...
    @property
    def tied_params(self) -> Dim: ...
    def stages(self) -> tuple[Scope, ...]: ...
    def blocks(self) -> tuple[Scope, ...]: ...
    def totals(self) -> dict[str, Any]: ...
    def to_dict(self) -> dict[str, Any]: ...
    def records(self) -> list[dict[str, Any]]: ...


@dataclass(frozen=True)
class View:
    """How much of a report to show: by default blocks in a table, and all for programs.

    Attributes:
        report: What is counted.
        depth: The smallest parts.
        fold: Whether tables sum blocks that differ only in their inputs.
        chosen: The columns; by default the usual ones of tables, and all that programs are given.
    """

    report: Counted
    depth: Depth | None = None
    fold: bool = True
    chosen: tuple[Field, ...] = ()

    @property
    def _fields(self) -> tuple[Field, ...]:
        return self.chosen or DEFAULT

    def tables(self) -> list[Table]:
        report = self.report
        graph, totals = report.graph, report.totals()
        title = f"{graph.name}: {graph.signature}"
        total = self._row("total", "", Scope("total", report.layers), role="total")
        legend = "; ".join(field.note for field in self._fields if field.note)
        notes = [
            *([legend] if legend else []),
            f"counted as {report.convention.name}: {report.convention.summary}",
            f"one image in {_elements(graph)}: weights {size(totals['weight_bytes'])}, "
            f"activations at most {size(totals['peak_activation_bytes'])}",
            f"most activations are held at {totals['peak_activation_layer']}",
        ]
        if report.tied_params:
            notes.insert(0, _tied(report.tied_params))
        if report.unread_params:
            notes.insert(0, _unread(report.unread_params))
        if len(report.outputs) > 1:
            notes += [f"gives {output}" for output in report.outputs]
        columns = (Column("layer"), *(field.column(report) for field in self._fields))
        counted = Table(title, columns, [*self._rows(), total], notes)
        if not report.unknown:
            return [counted]
        return [replace(counted, notes=[self._remark(), *notes]), self._unknown()]

    def _remark(self) -> str:
        report, total = self.report, self.report.totals()["activations"]
        share = Share.of(sum(prod(node.shape) for node in report.unknown), total)
        return unknown.remark(report.macs, report.convention.unit, len(report.unknown), share)

    def _unknown(self) -> Table:
        total = self.report.totals()["activations"]
        return unknown.table([(n, Share.of(prod(n.shape), total)) for n in self.report.unknown])

    def to_dict(self) -> dict[str, Any]:
        data = down_to(self.depth, self.report.to_dict())
        if not self.chosen:
            return data
        chosen = {
            depth: [values(self.chosen, scope, self.report) for scope in self._scopes(depth)]
            for depth in get_args(Depth)
            if depth in data
        }
        names = [field.name for field in self.chosen]
        batch = max(field.images for field in self.chosen)
        return data | {"columns": names, "batch": batch} | chosen

    def records(self) -> list[dict[str, Any]]:
        report, depth = self.report, self.depth or "layers"
        if self.chosen:
            return [record(self.chosen, scope, report) for scope in self._scopes(depth)]
        if depth == "layers":
            return report.records()
        return [scope.record() for scope in self._scopes(depth)]

    def _scopes(self, depth: Depth) -> Sequence[Scope]:
        """The parts of a depth, each layer as one."""
        if depth == "layers":
            return [Scope(layer.node.name, (layer,)) for layer in self.report.layers]
        return self.report.stages() if depth == "stages" else self.report.blocks()

    def _stages(self) -> Iterator[tuple[Scope, list[Scope]]]:
        """Each stage with its blocks; one without blocks is its own only block."""
        blocks = groupby(self.report.blocks(), key=lambda block: outermost(block.name))
        for stage, (_, scopes) in zip(self.report.stages(), blocks, strict=True):
            yield stage, list(scopes)

    def _rows(self) -> Iterator[Row]:
        for stage, scopes in self._stages():
            alone = [scope.name for scope in scopes] == [stage.name]
            if alone and (self.depth != "layers" or _is_layer(stage)):
                yield self._row(stage.name, "", stage)
                continue
            yield self._row(stage.name, "", stage, role="head")
            if self.depth == "stages":
                continue
            if alone:
                yield from self._layers([stage], "  ")
                continue
            for same in alike(scopes, signature) if self.fold else [[s] for s in scopes]:
                yield self._row(joined_name(same), "  ", merged(same), repeat=len(same))
                if self.depth == "layers":
                    yield from self._layers(same, "    ")

    def _layers(self, scopes: list[Scope], indent: str) -> Iterator[Row]:
        for same in zip(*(scope.layers for scope in scopes), strict=True):
            leaf = below(same[0].node.name, scopes[0].name)
            yield self._row(leaf, indent, Scope(leaf, same), repeat=len(scopes))

    def _row(
        self,
        name: str,
        indent: str,
        scope: Scope,
        repeat: int = 1,
        role: Role = "plain",
    ) -> Row:
        part = Part(scope, self.report, repeat)
        return Row((indent + name, *(field.shown(part, role) for field in self._fields)), role)


def _is_layer(stage: Scope) -> bool:
    """Whether it is one layer in no scope, as all are of a network without scopes."""
    return [layer.node.name for layer in stage.layers] == [stage.name]


def down_to(depth: Depth | None, data: dict[str, Any]) -> dict[str, Any]:
    """`data` without its lists of what is deeper than `depth`."""
    names = get_args(Depth)
    deeper = names[names.index(depth) + 1 :] if depth else ()
    return {key: value for key, value in data.items() if key not in deeper}


_READ = ("in_channels", "in_features", "channels")
"""The attributes that say how many channels a layer reads."""


def _unread(count: int) -> str:
    """What is said of parameters that are not counted."""
    return f"{count:,} more parameters of the source: no output at inference needs them"


def _tied(count: Dim) -> str:
    """What is said of parameters that several layers have."""
    return f"{count:,} parameters are those of an earlier layer too, and count once"


def _elements(graph: Graph) -> str:
    """`fp32`, or all types of elements there are."""
    return " and ".join(dict.fromkeys(node.element_type.short for node in graph))


def signature(scope: Scope) -> tuple[object, ...]:
    """What two blocks share when they are one row: all but how many channels they read."""
    return tuple(
        (
            below(layer.node.name, scope.name),
            layer.node.layer.kind,
            layer.node.shape[1:],
            *(v for k, v in layer.node.layer.attributes().items() if k not in _READ),
            *(below(n, scope.name) if is_below(n, scope.name) else "" for n in layer.node.inputs),
        )
        for layer in scope.layers
    )


def alike(scopes: list[Scope], key: Callable[[Scope], object]) -> list[list[Scope]]:
    """Runs with the same `key` that read one another in the same way from the second one on."""
    items = []
    for same in folded(scopes, key):
        run = [same[0]]
        wiring: object = None
        for before, scope in pairwise(same):
            wired = _wiring(scope, before)
            if len(run) > 1 and wired != wiring:
                items.append(run)
                run = []
            run.append(scope)
            wiring = wired
        items.append(run)
    return items


def _wiring(scope: Scope, before: Scope) -> list[str]:
    """What a block reads from outside, the block before it being called `before`."""
    names = (name for layer in scope.layers for name in layer.node.inputs)
    return [
        join("before", below(name, before.name)) if is_below(name, before.name) else name
        for name in names
        if not is_below(name, scope.name)
    ]


def merged(scopes: list[Scope]) -> Scope:
    """All layers of several scopes, by the first one's name."""
    return Scope(scopes[0].name, tuple(layer for scope in scopes for layer in scope.layers))


def folded(scopes: list[Scope], key: Callable[[Scope], object]) -> list[list[Scope]]:
    """Runs of neighbours in the same stage with the same `key`."""
    runs = groupby(scopes, key=lambda scope: (parent(scope.name), key(scope)))
    return [list(same) for _, same in runs]


def joined_name(scopes: list[Scope]) -> str:
    """`block1-3` for three scopes whose names differ in their last number."""
    return joined([leaf(scope.name) for scope in scopes])


def joined(labels: Sequence[str]) -> str:
    """`block1-3` for `block1`, `block2` and `block3`."""
    first, last = labels[0], labels[-1]
    number = re.search(r"\d+$", last)
    return first if len(labels) == 1 else f"{first}-{number.group() if number else last}"
