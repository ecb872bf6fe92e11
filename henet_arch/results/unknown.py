"""What is said of layers whose cost is unknown, in the same words wherever a total stands.

A total without them is a lower bound, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..ir.dims import Dim, format_shape
from ..ir.graph import Node
from .table import Cell, Column, Row, Share, Table, short

MOST_LISTED = 20
"""Layers that a table names; JSON has all."""
SIGN = "≥"
"""Stands before a count from which something is missing."""


def operator(node: Node) -> str:
    """What its format calls the operator of a layer."""
    return str(getattr(node.layer, "operator", node.layer.kind))


def cell(count: Dim, known: bool) -> Cell:
    """A count in a table: `1,234`, `≥ 1,234` where not all is `known`, or `unknown`."""
    return count if known else bound(f"{count:,}", known)


def bound(text: str, known: bool) -> str:
    """The same of a number that is written already."""
    if known:
        return text
    return "unknown" if text == "0" else f"{SIGN} {text}"


def words(count: Dim, unit: str, known: bool) -> str:
    """A count in a sentence: `1,234 MACs`, `at least 1,234 MACs`, or `unknown MACs`."""
    if known:
        return f"{count:,} {unit}"
    return f"at least {count:,} {unit}" if count else f"unknown {unit}"


def remark(count: Dim, unit: str, unknown: int, share: Share | None = None) -> str:
    """`at least 4.09G MACs; 3 layers of unknown cost (2.0% of activations)`."""
    layers = f"{unknown:,} layer{'s' * (unknown != 1)} of unknown cost"
    least = f"at least {short(count)}" if count else "unknown"
    if not share:
        return f"{least} {unit}; {layers}"
    part = f"{100 * share.part:.2g}" if share.part < 0.995 else "100"
    return f"{least} {unit}; {layers} ({part}% of activations)"


def table(layers: Sequence[tuple[Node, Share | None]]) -> Table:
    """The layers by name, operator and output, and by their share of the activations if given."""
    columns = [
        Column("layer"),
        Column("operator", prose=True),
        Column("output", whole=True, rank=1),
    ]
    facts: list[list[Cell]] = [
        [node.name, operator(node), format_shape(node.shape), share]
        for node, share in layers[:MOST_LISTED]
    ]
    if any(share for _, share in layers):
        columns.append(Column("of activations", share=True))
    rows = [Row(cells[: len(columns)]) for cells in facts]
    more = len(layers) - len(rows)
    notes = [f"and {more:,} more: --format json has all"] if more else []
    return Table("layers of unknown cost", columns, rows, notes)
