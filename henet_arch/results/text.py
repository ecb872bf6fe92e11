"""Tables as text for the terminal, drawn by rich."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from io import StringIO
from textwrap import wrap

from rich.box import ASCII, SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as Drawn
from rich.text import Text

from ..support.printable import printable
from .table import Cell, Row, Share, Table, Terminal, percent, plain
from .terminal import bar, console_for

_WIDE = 120
_MOST_ROWS = 2_000
"""Rows of a table for the terminal: nobody reads more, and drawing them takes long."""
_ASCII = str.maketrans({**dict(zip("·░▒▓█", ".-+%#", strict=True)), "≥": ">="})
"""Shades and signs where there are no others."""
_STYLES = {"plain": "", "head": "bold", "total": "bold"}


def text_of(tables: Iterable[Table], terminal: Terminal) -> str:
    """All `tables`, as wide as the terminal is and no wider than they need.

    What is too wide gets shorter bars, then no shares; numbers and names are never cut or broken.
    A table that is too long ends early, with its totals and a note that says so.
    """
    out = StringIO()
    console = console_for(out, terminal.width, colour=terminal.colour)
    for index, table in enumerate(map(_readable, tables)):
        if index:
            console.print()
        console.print(Text(_shown(table.title, terminal.unicode), style="bold"))
        if table.rows:
            _print(table, console, terminal)
        for note in table.notes:
            for line in _lines(_shown(note, terminal.unicode), terminal.width):
                console.print(Text(line, style="dim"), overflow="ignore", crop=False)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _lines(note: str, width: int) -> list[str]:
    """A note broken between words alone: options that are copied from it stay whole."""
    return wrap(note, width, break_long_words=False, break_on_hyphens=False)


def _readable(table: Table) -> Table:
    """The table's first rows and its totals, where it has more rows than anyone reads."""
    count = len(table.rows)
    if count <= _MOST_ROWS:
        return table
    totals = [row for row in table.rows[_MOST_ROWS:] if row.role == "total"]
    note = f"the first {_MOST_ROWS:,} of {count:,} rows: the forms csv and json have all of them"
    return replace(table, rows=[*table.rows[:_MOST_ROWS], *totals], notes=[note, *table.notes])


def _print(table: Table, console: Console, terminal: Terminal) -> None:
    unbounded = console.options.update(max_width=sys.maxsize)
    widest = replace(table, rows=[Row([_widest(cells, terminal) for cells in _columns(table)])])
    for longest, shares in ((10, True), (6, True), (3, True), (0, True), (0, False)):
        sample = _drawn(widest, terminal, longest, shares)
        needed = console.measure(sample, options=unbounded).minimum
        if needed <= terminal.width:
            break
    console.width = max(needed, terminal.width)
    console.print(_drawn(table, terminal, longest, shares))
    console.width = terminal.width


def _columns(table: Table) -> Iterable[Sequence[Cell]]:
    return zip(*(row.cells for row in table.rows), strict=True)


def _widest(cells: Sequence[Cell], terminal: Terminal) -> Cell:
    """The cell that takes most room; the largest share has the longest bar."""

    def room(cell: Cell) -> tuple[float, int]:
        part = cell.part if isinstance(cell, Share) else 0.0
        return part, cell_len(_shown(plain(cell), terminal.unicode))

    return max(cells, key=room)


def _drawn(table: Table, terminal: Terminal, longest: int, shares: bool) -> Drawn:
    box = SIMPLE_HEAD if terminal.unicode else ASCII
    drawn = Drawn(box=box, pad_edge=False, padding=(0, 1, 0, 0))
    shown = []
    for column, cells in zip(table.columns, _columns(table), strict=True):
        if (column.wide and terminal.width < _WIDE) or (column.share and not shares):
            continue
        texts = [_cell(cell, terminal.unicode, longest) for cell in cells]
        widest = max(cell_len(column.title), *(text.cell_len for text in texts))
        drawn.add_column(
            Text(column.title),
            justify="right" if column.number else "left",
            no_wrap=not column.prose,
            min_width=None if column.prose else widest,
            overflow="fold",
        )
        shown.append(texts)
    for row, line in zip(table.rows, zip(*shown, strict=True), strict=True):
        if row.role == "total":
            drawn.add_section()
        drawn.add_row(*line, style=_STYLES[row.role])
    return drawn


def _cell(cell: Cell, unicode: bool, longest: int) -> Text:
    if not isinstance(cell, Share):
        return Text(_shown(plain(cell), unicode))
    return Text.assemble(f"{percent(cell):>6} ", (bar(cell, longest, unicode), "cyan"))


def _shown(text: str, unicode: bool) -> str:
    text = printable(text)
    return text if unicode else text.translate(_ASCII)
