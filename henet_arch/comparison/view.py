"""A difference as tables: totals, stages, and what changed by stage, block or layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any, Literal

from ..results.report_table import Depth, down_to
from ..results.table import Cell, Column, Row, Table, signed, signed_percent
from ..results.unknown import cell, remark, words
from ..support.collector import collector_paused
from .matching import Delta, Match
from .parts import stem
from .words import named, summary, told

if TYPE_CHECKING:
    from .diff import Diff
    from .side import Side

Role = Literal["plain", "head", "total"]

_SHOWN = ("params", "macs")
"""The figures of a stage."""

MOST_ROWS = 1_000
"""The most rows of a table: what people read. The other forms have all."""


@dataclass(frozen=True)
class View:
    """How much of a difference to show: by default blocks in a table, and all for programs."""

    diff: Diff
    depth: Depth | None = None

    def tables(self) -> list[Table]:
        with collector_paused():
            if self.diff.equal:
                return [Table(_equality(self.diff), (), ())]
            tables = [self._totals(), self._stages(), self._structure()]
            return [table for table in tables if table.rows]

    def to_dict(self) -> dict[str, Any]:
        return down_to(self.depth, self.diff.to_dict())

    def records(self) -> list[dict[str, Any]]:
        return self.diff.records(self.depth or "layers")

    def _totals(self) -> Table:
        a, b = self.diff.a, self.diff.b
        ranks = {"A": 1, "B": 1, "B - A": 0, "%": 2}
        figures = (Column(title, number=True, rank=rank) for title, rank in ranks.items())
        columns = [Column(""), *figures]
        deltas = {"layers": Delta(len(a.layers), len(b.layers)), **self.diff.totals}
        rows = [
            Row((self._title(name), *self._total(name, delta))) for name, delta in deltas.items()
        ]
        notes = [f"{key}: {side.name}, {side.signature}" for key, side in (("A", a), ("B", b))]
        if not self.diff.same_outputs:
            notes += [f"{key} gives {', '.join(s.outputs)}" for key, s in (("A", a), ("B", b))]
        notes += [
            f"{key}: {remark(side.costs.macs, a.convention.unit, len(side.unknown))}"
            for key, side in (("A", a), ("B", b))
            if side.unknown
        ]
        notes.append(f"counted as {a.convention.name}: {a.convention.summary}")
        return Table(_title(a, b), columns, rows, notes)

    def _total(self, figure: str, delta: Delta) -> tuple[Cell, ...]:
        unknown = (bool(self.diff.a.unknown), bool(self.diff.b.unknown))
        return _compared(figure, delta, unknown, self.diff.difference_known)

    def _title(self, figure: str) -> str:
        return self.diff.a.convention.unit if figure == "macs" else figure.replace("_", " ")

    def _stages(self) -> Table:
        """The stages that cost another number, and what all of them do."""
        unit = self.diff.a.convention.unit
        columns = [Column("stage"), *_columns("params"), *_columns(unit)]
        columns.append(Column("activations", number=True, wide=True))
        costly = [
            stage
            for stage in self.diff.stages
            if any(d.difference for d in stage.deltas.values()) or not stage.difference_known
        ]
        rows, notes = _first(map(_stage, costly))
        if rows:
            totals = self.diff.totals
            cells = [each for name in _SHOWN for each in self._total(name, totals[name])]
            last = signed(totals["activations"].difference)
            rows.append(Row(("total", *cells, last), "total"))
        return Table("by stage, B - A", columns, rows, notes)

    def _structure(self) -> Table:
        unit = self.diff.a.convention.unit
        columns = (
            Column("layer"),
            Column("x", number=True, rank=2),
            Column("change", prose=True),
            Column("params", number=True, rank=1),
            Column(unit, number=True),
            Column("activations", number=True, wide=True),
        )
        changed = (stage for stage in self.diff.stages if stage.status != "equal")
        rows, notes = _first(row for stage in changed for row in self._rows(stage))
        if any(row.cells[1] for row in rows):
            notes.insert(0, "x: blocks that changed alike, their figures summed")
        return Table("what changed, B - A", columns, rows, notes)

    def _rows(self, stage: Match) -> Iterator[Row]:
        alone = _is_alone(stage)
        block = stage.parts[0]
        if self.depth == "stages" or (alone and (self.depth != "layers" or _is_alone(block))):
            yield _row([stage], summary(stage))
            return
        yield _row([stage], told(stage), role="head")
        if alone:
            yield from _layers([block], "  ")
            return
        if self.depth != "layers":
            yield from (_row(same, summary(same[0]), "  ") for same in _runs(stage.parts, summary))
            return
        for same in _runs(stage.parts, _inside):
            yield _row(same, told(same[0]), "  ")
            yield from _layers(same, "    ")


def _first(rows: Iterator[Row]) -> tuple[list[Row], list[str]]:
    """As many rows as a table has, and what to say of more."""
    kept = list(islice(rows, MOST_ROWS))
    more = next(rows, None) is not None
    return kept, [f"the first {MOST_ROWS:,} rows; --format csv or json has all"] * more


def _title(a: Side, b: Side) -> str:
    return f"{a.name} (A) and {b.name} (B)"


def _equality(diff: Diff) -> str:
    a, b = diff.a, diff.b
    figures = f"{len(a.layers):,} layers, {a.costs.params:,} params"
    macs = words(a.costs.macs, a.convention.unit, not a.unknown)
    return f"{a.name} and {b.name} are equal: {figures}, {macs}"


def _is_alone(pair: Match) -> bool:
    """Whether it holds one part of its own name, on both sides."""
    if len(pair.parts) != 1:
        return False
    sides = zip(pair.sides, pair.parts[0].sides, strict=True)
    return all(part.name == inner.name for part, inner in sides)


def _runs(blocks: Sequence[Match], says: Callable[[Match], object]) -> Iterator[list[Match]]:
    """Neighbours of which the same is said; nothing that is equal."""

    def alike(block: Match) -> tuple[object, ...]:
        stems = tuple(part and stem(part.label) for part in (block.a, block.b))
        return (block.status, stems, says(block))

    for _, same in groupby(blocks, key=alike):
        run = list(same)
        if run[0].status != "equal":
            yield run


def _inside(block: Match) -> tuple[object, ...]:
    """What is said of each layer."""
    return tuple((named([layer]), told(layer)) for layer in block.layers)


def _layers(blocks: list[Match], indent: str) -> Iterator[Row]:
    """The layers that changed in blocks that changed alike."""
    for same in zip(*(block.parts for block in blocks), strict=True):
        if told(same[0]):
            yield _row([*same], told(same[0]), indent, name=named([same[0]]))


def _row(
    same: Sequence[Match], text: str, indent: str = "", name: str = "", role: Role = "plain"
) -> Row:
    deltas = [
        signed(sum(match.deltas[figure].difference for match in same))
        for figure in ("params", "macs", "activations")
    ]
    if not all(match.difference_known for match in same):
        deltas[1] = "unknown"
    repeat: Cell = len(same) if len(same) > 1 else None
    return Row((f"{indent}{name or named(same)}", repeat, text, *deltas), role)


def _columns(figure: str) -> Iterator[Column]:
    for side in "AB":
        yield Column(f"{figure} {side}", number=True, wide=True)
    yield Column(figure, number=True)
    yield Column(f"% of {figure}", number=True, rank=1)


def _stage(stage: Match) -> Row:
    unknown = (bool(stage.unknown["a"]), bool(stage.unknown["b"]))
    cells = [
        each
        for name in _SHOWN
        for each in _compared(name, stage.deltas[name], unknown, stage.difference_known)
    ]
    return Row((named([stage]), *cells, signed(stage.deltas["activations"].difference)))


def _compared(
    figure: str, delta: Delta, unknown: tuple[bool, bool], known: bool
) -> tuple[Cell, ...]:
    """A's, B's and what changed, of which multiply-accumulates may be unknown."""
    if figure != "macs":
        unknown, known = (False, False), True
    change = (signed(delta.difference), signed_percent(delta.percent)) if known else ("unknown", "")
    return (cell(delta.a, not unknown[0]), cell(delta.b, not unknown[1]), *change)
