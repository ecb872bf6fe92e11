"""All formulas of a network in one result, by stage, block or layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from sympy import Expr, latex, sstr

from ..importers.load import Source
from ..ir.scope import cut
from ..results.report_table import Depth, down_to
from ..results.table import Column, Row, Table
from ..support.errors import HenetArchError, RuleError
from .expansion import Expansion, expansion
from .formula import Formula, formula
from .growth import Growth, growth
from .pieces import DEPTHS, Piece, pieces, stages

COSTS = {"params": "parameters", "macs": "multiply-accumulates"}
"""The costs that are shown, and what they are in words."""


class Grown(NamedTuple):
    """How one further block of a stage grows with its widths, as it is and without groups."""

    cost: str
    part: str
    grouped: Growth
    dense: Growth | None


@dataclass(frozen=True)
class Formulas:
    """Parameters and multiply-accumulates as formulas, by part and in total.

    Attributes:
        totals: The formula of each cost.
        depth: The smallest parts; by default blocks in tables, layers in records, and all in JSON.
    """

    totals: dict[str, Formula]
    depth: Depth | None = None

    @property
    def first(self) -> Formula:
        return next(iter(self.totals.values()))

    @cached_property
    def expansion(self) -> Expansion:
        return expansion(self.first.source, self.first.symbols)

    def pieces(self, cost: str, depth: Depth) -> list[Piece]:
        """The parts that cost anything, as the total has them."""
        of = DEPTHS["blocks" if depth == "stages" else depth]
        result = pieces(self.expansion, cost, self.first.convention, depth=of)
        result = stages(result) if depth == "stages" else result
        links = self.totals[cost].link
        return [Piece(name, times, links(each)) for name, times, each in result if each != 0]

    @cached_property
    def growths(self) -> list[Grown]:
        """Of each block that a repeat adds, as widths grow."""
        return list(_growths(self.expansion, self.first.convention))

    def tables(self) -> list[Table]:
        result = [self._costs(cost) for cost in self.totals]
        return [*result, self._sizes(), *([self._grown()] if self.growths else [])]

    def to_dict(self) -> dict[str, Any]:
        first, numbers = self.first, self.first.source.numbers()
        smallest = self.depth or "layers"
        data = {
            "schema": 1,
            "name": first.source.title,
            "family": first.source.family,
            "convention": first.convention,
            "symbols": list(first.symbols),
            "numbers": {k: v for k, v in numbers.items() if k not in first.symbols},
            "conditions": first.told_conditions(),
            "totals": {cost: _forms(total.expr) for cost, total in self.totals.items()},
            "stages": self._parts("stages"),
            "blocks": self._parts("blocks"),
            "layers": self._parts("layers"),
            "shapes": {part: list(map(sstr, shape)) for part, shape in self._shapes(smallest)},
            "growth": [_grown(row) for row in self.growths],
        }
        return down_to(self.depth, data)

    def records(self) -> list[dict[str, Any]]:
        return [
            {
                "part": piece.name,
                "times": sstr(piece.times),
                "cost": cost,
                "formula": sstr(piece.each),
                "latex": latex(piece.each),
            }
            for cost in self.totals
            for piece in self.pieces(cost, self.depth or "layers")
        ]

    def _parts(self, depth: Depth) -> list[dict[str, Any]]:
        result: dict[tuple[str, str], dict[str, Any]] = {}
        for cost in self.totals:
            for piece in self.pieces(cost, depth):
                key = piece.name, sstr(piece.times)
                entry = result.setdefault(key, {"name": key[0], "times": key[1]})
                entry[cost] = _forms(piece.each)
        return list(result.values())

    def _costs(self, cost: str) -> Table:
        total = self.totals[cost]
        columns = (Column("part"), Column("times", prose=True), Column(cost, prose=True))
        rows = [
            Row((piece.name, "" if piece.times == 1 else sstr(piece.times), sstr(piece.each)))
            for piece in self.pieces(cost, self.depth or "blocks")
        ]
        rows.append(Row(("total", "", total.text()), "total"))
        return Table(f"{total.source.title}: {COSTS[cost]}", columns, rows)

    def _sizes(self) -> Table:
        """The shape of each part's output, and what the numbers must meet."""
        columns = (
            Column("part"),
            *(Column(t, prose=True) for t in ("channels", "height", "width")),
        )
        depth: Depth = "layers" if self.depth == "layers" else "blocks"
        rows = [
            Row((part, *(sstr(size) for size in shape), *[""] * (3 - len(shape))))
            for part, shape in self._shapes(depth)
        ]
        return Table("output sizes", columns, rows, self._notes())

    def _shapes(self, depth: Depth) -> list[tuple[str, tuple[Expr, ...]]]:
        last = {}
        for node in self.expansion.graph:
            last[cut(node.name, DEPTHS[depth])] = node.shape
        tidy, link = self.expansion.tidy, self.first.link
        return [(part, tuple(link(tidy(s)) for s in shape)) for part, shape in last.items()]

    def _notes(self) -> list[str]:
        texts = [self.totals[cost].text() for cost in self.totals]
        notes = []
        if any("m(" in text for text in texts):
            notes.append("m(C) > n(C) are the nearest divisors of C: m(C)*n(C) = C")
        shown_conditions = [
            c.relation != "at-most" or str(c.second)[0] == "r" for c in self.first.conditions
        ]
        shown = zip(self.first.told_conditions(), shown_conditions, strict=True)
        limits = "; ".join(text for text, is_told in shown if is_told)
        return [
            *notes,
            f"where {limits}, and no size is below 1" if limits else "where no size is below 1",
        ]

    def _grown(self) -> Table:
        columns = (
            Column("block"),
            Column("cost"),
            Column("groups"),
            Column("grows as", prose=True),
        )
        rows = []
        for row in self.growths:
            rows.append(Row((row.part, row.cost, "as here", row.grouped.text())))
            if row.dense:
                rows.append(Row(("", "", "dense", row.dense.text())))
        note = "the leading term where all widths grow and m(C) and n(C) are near sqrt(C)"
        return Table("growth of a further block", columns, rows, [note])


def formulas(
    source: Source = "henet-r3",
    symbols: Iterable[str] | None = None,
    convention: str = "exact",
    depth: Depth | None = None,
    *,
    odd_chain: bool = False,
) -> Formulas:
    """Parameters and multiply-accumulates of a network as formulas.

    Raises:
        RuleError: there is no floor of a size for an odd chain to take away; and as `formula`.
    """
    wanted = None if symbols is None else list(symbols)
    totals = {c: formula(source, c, symbols=wanted, convention=convention) for c in COSTS}
    if not odd_chain:
        return Formulas(totals, depth)
    least = _least_power(totals)
    return Formulas({cost: total.odd_chain(least) for cost, total in totals.items()}, depth)


def _least_power(totals: Mapping[str, Formula]) -> int:
    """The power of 2 that must divide each size + 1, for no floor in any formula or size.

    Raises:
        RuleError: there is no floor of a size.
    """
    first = next(iter(totals.values()))
    opened_network = expansion(first.source, first.symbols)
    sizes = {opened_network.tidy(size) for node in opened_network.graph for size in node.shape}
    of_totals = (total.chained(total.expr) for total in totals.values())
    least = max(1, *of_totals, *map(first.chained, sizes))
    if least == 1:
        raise RuleError(
            "an odd chain changes nothing here: no open size is rounded down",
            where=first.source.title,
            fix="the symbols H and W of a network that halves them; or no odd chain",
        )
    return least


def _growths(opened_network: Expansion, convention: str) -> Iterator[Grown]:
    if not any(name[0] == "C" for name in opened_network.symbols):
        return
    dense = _dense(opened_network)
    for cost in COSTS:
        others = {p.name: p for p in pieces(dense, cost, convention)} if dense else {}
        for piece in pieces(opened_network, cost, convention):
            if piece.times != 1:
                other = others.get(piece.name)
                yield Grown(
                    cost,
                    piece.name,
                    growth(piece.each, opened_network.symbols),
                    growth(other.each, opened_network.symbols) if other else None,
                )


def _dense(opened_network: Expansion) -> Expansion | None:
    """Two blocks a stage with one group everywhere, where the family can have that."""
    dense = opened_network.source.dense()
    two = dict.fromkeys((name for name in opened_network.symbols if name[0] == "r"), 2)
    rest = tuple(name for name in opened_network.symbols if name not in two)
    with suppress(HenetArchError):
        return expansion(dense.replace(two), rest) if dense else None
    return None


def _forms(expr: Expr) -> dict[str, str]:
    return {"text": sstr(expr), "latex": latex(expr)}


def _grown(row: Grown) -> dict[str, Any]:
    return {
        "part": row.part,
        "cost": row.cost,
        "power": sstr(row.grouped.power),
        "leading": row.grouped.text(),
        "dense": row.dense.text() if row.dense else None,
    }
