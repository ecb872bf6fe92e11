"""Tables as HTML that fits into a page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from unicodedata import combining

from .table import Cell, Column, Row, Share, Table, percent, plain

_SHARE = (
    '<span style="display:inline-block;width:4em;text-align:right">{text}</span>'
    '<span style="display:inline-block;vertical-align:middle;height:.7em;margin-left:.4em;'
    'background:#2a9d8f;width:{width:.2f}em"></span>'
)
_PIECES = re.compile(r"\S{1,20}|\s+")
"""Of prose: a word that is longer than a piece may be broken behind each."""
_WEIGHTS = {"plain": "normal", "head": "bold", "total": "bold"}


def fragment(tables: Iterable[Table]) -> str:
    """All `tables`, colours taken from the page around them."""
    return "\n".join(line for table in tables for line in _lines(table)) + "\n"


def _lines(table: Table) -> Iterable[str]:
    style = (
        "border-collapse:collapse;color:inherit;background:none;font-variant-numeric:tabular-nums"
    )
    yield f'<div style="overflow-x:auto"><table style="{style}">'
    yield f'<caption style="text-align:left;font-weight:bold">{escape(table.title)}</caption>'
    heads = (
        f'<th style="{_style(column)}">{escape(column.title)}</th>' for column in table.columns
    )
    yield f"<thead><tr>{''.join(heads)}</tr></thead>"
    yield "<tbody>"
    yield from (_row(row, table.columns) for row in table.rows)
    yield "</tbody></table></div>"
    yield from (f'<p style="margin:.2em 0;opacity:.7">{escape(note)}</p>' for note in table.notes)


def _row(row: Row, columns: Iterable[Column]) -> str:
    line = "border-top:1px solid;" if row.role == "total" else ""
    cells = (
        f'<td style="{_style(column)}">{_cell(cell, column)}</td>'
        for cell, column in zip(row.cells, columns, strict=True)
    )
    return f'<tr style="{line}font-weight:{_WEIGHTS[row.role]}">{"".join(cells)}</tr>'


def _style(column: Column) -> str:
    side = "right" if column.number else "left"
    space = "pre-wrap" if column.prose else "pre"  # prose alone is broken into lines
    return f"text-align:{side};vertical-align:top;white-space:{space};padding:.1em .6em"


def _cell(cell: Cell, column: Column) -> str:
    if isinstance(cell, Share):
        return _SHARE.format(text=percent(cell), width=5 * cell.part)
    text = plain(cell)
    pieces = _PIECES.findall(text) if column.prose else [text]
    return "".join(map(_piece, pieces, [*pieces[1:], ""]))


def _piece(piece: str, following: str) -> str:
    breaks = following.strip() and piece.strip() and not combining(following[0])
    return f"{escape(piece)}{'<wbr>' if breaks else ''}"
