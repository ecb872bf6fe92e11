"""Which input channels reach each output channel, through groups and shuffles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Any

from ..ir.graph import Graph, Node
from ..ir.scope import below, cut
from ..results.shown import Shown
from ..results.table import Column, Row, Share, Table
from ..results.unknown import operator
from ..support.errors import GraphError, UnknownNameError
from ._known import few, stopped_by
from ._matrix import Matrix, drawn
from ._reach import Reach

_UNKNOWN: dict[str, Any] = dict.fromkeys(
    (
        *("block", "inputs", "outputs", "reached_pairs", "pairs", "groups", "groups_met"),
        *("mixes_all", "never_mixes", "stopped_by"),
    )
)
"""The record of a block of which nothing is known."""
_SIDE_BY_SIDE, _WIDTH, _HEIGHT = 3, 24, 24
"""Matrices in a row, and the characters and lines of each."""


@dataclass(frozen=True)
class Step:
    """A layer of a block, and what its channels depend on of what comes into the block."""

    layer: str
    reads: int
    """Channels that one channel of the layer reads, where they are most."""
    matrix: Matrix
    each: int
    """Inputs that every channel that is read depends on; 0 if they differ, or share an input."""


@dataclass(frozen=True)
class Block:
    """What its last layer gives, against all channels that come into it."""

    name: str
    steps: tuple[Step, ...]
    """The layers at which it changes what depends on what; the last layer at any rate."""
    groups: tuple[int, ...]
    """The inputs that the first layer to join any reads together, each group as bits."""

    @property
    def matrix(self) -> Matrix:
        return self.steps[-1].matrix

    @cached_property
    def groups_met(self) -> int:
        """Groups that an output channel depends on, where they are fewest."""
        rows = set(self.matrix.rows)
        return min(sum(bool(row & group) for group in self.groups) for row in rows)

    def record(self) -> dict[str, Any]:
        return {
            "block": self.name,
            "inputs": self.matrix.inputs,
            "outputs": self.matrix.outputs,
            "reached_pairs": self.matrix.reached,
            "pairs": self.matrix.pairs,
            "groups": len(self.groups),
            "groups_met": self.groups_met,
            "mixes_all": self.matrix.mixes,
            "never_mixes": self.matrix.closed,
            "stopped_by": None,
        }


@dataclass(frozen=True)
class Mixing(Shown):
    """The blocks of a network, and where the image's channels have met."""

    graph: Graph
    blocks: tuple[Block, ...]
    first: str | None
    """The first layer of which every channel depends on every channel of the image."""
    stopped: dict[str, str]
    """The blocks that are not known, each with the opaque layer that stops it."""

    def tables(self) -> list[Table]:
        return [self._blocks(), *self._shown()]

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "name": self.graph.name,
            "family": self.graph.family,
            "analysis": "mixing",
            "first_of_all_image_channels": self.first,
            "blocks": self.records(),
        }

    def records(self) -> list[dict[str, Any]]:
        """A row for each block; None for what is not known, with the layer that stops it."""
        known = {block.name: block.record() for block in self.blocks}
        return [
            known.get(scope) or {**_UNKNOWN, "block": scope, "stopped_by": self.stopped[scope]}
            for scope in _scopes(self.graph)
        ]

    def _shown(self) -> list[Table]:
        """The first block whose inputs are read in groups, or the first of all, if there is one."""
        grouped = [block for block in self.blocks if len(block.groups) > 1]
        shown = (grouped or list(self.blocks))[:1]
        return [table for block in shown for table in (_told(block), _pictures(block))]

    def _blocks(self) -> Table:
        columns = (
            Column("block"),
            Column("channels in", number=True, rank=1),
            Column("channels out", number=True, rank=1),
            Column("pairs reached", share=True),
            Column("groups met"),
            Column("mixes all"),
        )
        none = "is not known" if stopped_by(self.graph) else "does not exist"
        text = f"is {self.first}" if self.first else none
        notes = [
            "pairs reached: of an output and an input channel, where one depends on the other",
            "groups met: of the groups in which the block's inputs are first read, the fewest that "
            "an output depends on",
            f"the first layer that has every image channel in every channel {text}",
        ]
        if closed := [block.name for block in self.blocks if block.matrix.closed]:
            notes.append(
                f"never mix all, however often they follow themselves: {', '.join(closed)}"
            )
        if self.stopped:
            first = dict.fromkeys(self.stopped.values())
            names = [f"{name} ({operator(self.graph[name])})" for name in first]
            notes.append(f"unknown: what depends on what is hidden by {few(names)}")
        title = f"{self.graph.name}: which channels reach which"
        known = {block.name: _row(block) for block in self.blocks}
        unknown = (None, None, None, "", "unknown")
        rows = [known.get(scope) or Row((scope, *unknown)) for scope in _scopes(self.graph)]
        return Table(title, columns, rows, notes)


def analyze(graph: Graph) -> Mixing:
    """What depends on what, block by block, from the channels that each layer reads.

    Weights are taken to be any: with some of them 0, less depends on less. A block whose last layer
    depends on an operator of unknown structure inside it is not known.

    Raises:
        ShapeError: a size is no number.
        LimitError: a layer has too many channels.
    Source: HENet, section 3.1 and Fig. 2.
    """
    reach = Reach(graph)
    whole = reach.matrices("")
    mixed = (name for name, matrix in whole.items() if matrix.mixes and graph[name].inputs)
    stopped = {scope: name for scope in _scopes(graph) if (name := _stopped(graph, scope))}
    blocks = (_block(reach, scope) for scope in _scopes(graph) if scope not in stopped)
    return Mixing(graph, tuple(blocks), next(mixed, None), stopped)


def matrix(graph: Graph, name: str, within: str = "") -> Matrix:
    """The channels of a layer, or of a scope's last layer, against those that come into `within`.

    Without `within` they are the image's; with the layer's block or stage, what that one reads.

    Raises:
        ShapeError: a size is no number.
        UnknownNameError: there is no such scope, or no such layer in it.
        GraphError: an operator of unknown structure stands between.
    """
    reach = Reach(graph)
    last = reach.graph.inside(name)[-1].name
    if last not in {node.name for node in reach.graph.inside(within or None)}:
        raise UnknownNameError(f"{name!r} is not in {within!r}", fix="a layer or scope inside")
    result = reach.matrices(within)
    if last not in result:
        before = stopped_by(graph, within or None)[last]
        raise GraphError(
            f"what {last} depends on is unknown",
            where=before,
            why=f"no kind of layer describes {operator(graph[before])}",
            fix="a layer before it, or a block or stage without it",
        )
    return result[last]


def _scopes(graph: Graph) -> list[str]:
    """The blocks, and the parts without blocks, in the graph's order."""
    return list(dict.fromkeys(cut(node.name, 2) for node in graph if node.inputs))


def _stopped(graph: Graph, scope: str) -> str | None:
    """The opaque layer inside that the block's last layer is or depends on."""
    return stopped_by(graph, scope).get(graph.inside(scope)[-1].name)


def _block(reach: Reach, scope: str) -> Block:
    result = reach.matrices(scope)
    *inside, last = (node for node in reach.graph.inside(scope) if node.name in result)
    changing = [node for node in inside if _changes(node, result)]
    steps = tuple(_step(reach, node, result) for node in (*changing, last))
    joining = (result[node.name].rows for node in (*inside, last))
    first = next((rows for rows in joining if any(row.bit_count() > 1 for row in rows)), ())
    return Block(scope, steps, tuple(dict.fromkeys(first)))


def _changes(node: Node, matrices: dict[str, Matrix]) -> bool:
    return matrices[node.name] not in [matrices[name] for name in node.inputs]


def _step(reach: Reach, node: Node, matrices: dict[str, Matrix]) -> Step:
    own = matrices[node.name]
    most, each = reach.reading(node, [matrices[name] for name in node.inputs], own)
    return Step(node.name, most, own, each)


def _row(block: Block) -> Row:
    matrix = block.matrix
    cells = (
        block.name,
        matrix.inputs,
        matrix.outputs,
        Share.of(matrix.reached, matrix.pairs),
        f"{block.groups_met} of {len(block.groups)}" if block.groups else "",
        "yes" if matrix.mixes else "no",
    )
    return Row(cells)


def _told(block: Block) -> Table:
    """The block's layers one by one, in numbers and words."""
    columns = (
        Column("layer"),
        Column("channels", number=True, rank=1),
        Column("reads (channels)", number=True),
        Column("depends on (inputs)"),
    )
    rows = [
        Row((s.layer, s.matrix.outputs, s.reads, f"{s.matrix.fewest} of {s.matrix.inputs}"))
        for s in block.steps
    ]
    title = f"{block.name}: how many of its inputs a channel depends on"
    return Table(title, columns, rows, [_why(block)])


def _until_mixed(block: Block) -> tuple[Step, ...]:
    """The steps up to the first that has everything, if what the block gives has."""
    ends = (index + 1 for index, step in enumerate(block.steps) if step.matrix.mixes)
    return block.steps[: next(ends)] if block.matrix.mixes else block.steps


def _why(block: Block) -> str:
    inputs, last = block.matrix.inputs, _until_mixed(block)[-1]
    if not block.matrix.mixes:
        return f"some channel of {last.layer} depends on {block.matrix.fewest} of {inputs} inputs"
    text = f"each channel of {last.layer} reads {last.reads} channels"
    if not last.each:
        return f"{text}, which depend on all {inputs} inputs between them"
    product = f"{last.reads} x {last.each} = {inputs}"
    return f"{text} that depend on {last.each} each, no two on the same input: {product}"


def _pictures(block: Block) -> Table:
    """The matrices of the first steps and the last, side by side."""
    *before, last = _until_mixed(block)
    shown = [*before[: _SIDE_BY_SIDE - 1], last]
    lines = [drawn(step.matrix, _WIDTH, _HEIGHT) for step in shown]
    rows = [Row(cells) for cells in zip_longest(*lines, fillvalue="")]
    columns = [Column(below(step.layer, block.name), whole=True) for step in shown]
    notes = ["down: output channels; across: the block's inputs; █ depends, · does not, ▒ in part"]
    return Table(f"{block.name}: what depends on what", columns, rows, notes)


ANALYSIS = analyze
