"""Tables for the terminal, drawn by rich."""

from __future__ import annotations

import sys
from io import StringIO

from rich.box import ASCII, SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as Drawn
from rich.text import Text

from ..tables import Cell, Result, Share, Table, Terminal, percent, plain

_WIDE = 120
_STYLES = {"plain": "", "head": "bold", "total": "bold"}


def report(result: Result, terminal: Terminal) -> str:
    """All tables of `result`, as wide as the terminal is and no wider than they need.

    What is too wide gets shorter bars, then no shares; numbers and names are never cut or broken.
    """
    out = StringIO()
    console = Console(
        file=out,
        width=terminal.width,
        force_terminal=terminal.colour,
        no_color=not terminal.colour,
        color_system="standard" if terminal.colour else None,
        legacy_windows=False,
        emoji=False,
        highlight=False,
    )
    for index, table in enumerate(result.tables()):
        if index:
            console.print()
        console.print(Text(table.title, style="bold"))
        if table.rows:
            _print(table, console, terminal)
        for note in table.notes:
            console.print(Text(note, style="dim"))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _print(table: Table, console: Console, terminal: Terminal) -> None:
    unbounded = console.options.update(max_width=sys.maxsize)
    for longest, shares in ((10, True), (6, True), (3, True), (0, True), (0, False)):
        drawn = _drawn(table, terminal, longest, shares)
        needed = console.measure(drawn, options=unbounded).minimum
        if needed <= terminal.width:
            break
    console.width = max(needed, terminal.width)
    console.print(drawn)
    console.width = terminal.width


def _drawn(table: Table, terminal: Terminal, longest: int, shares: bool) -> Drawn:
    shown = [
        index
        for index, column in enumerate(table.columns)
        if (terminal.width >= _WIDE or not column.wide) and (shares or not column.share)
    ]
    box = SIMPLE_HEAD if terminal.unicode else ASCII
    drawn = Drawn(box=box, pad_edge=False, padding=(0, 1, 0, 0))
    for index in shown:
        column = table.columns[index]
        cells = [_cell(row.cells[index], terminal.unicode, longest) for row in table.rows]
        widest = max(map(cell_len, (column.title, *map(str, cells))))
        drawn.add_column(
            Text(column.title),
            justify="right" if column.number else "left",
            no_wrap=not column.prose,
            min_width=None if column.prose else widest,
            overflow="fold",
        )
    for row in table.rows:
        if row.role == "total":
            drawn.add_section()
        texts = [_cell(row.cells[index], terminal.unicode, longest) for index in shown]
        drawn.add_row(*texts, style=_STYLES[row.role])
    return drawn


def _cell(cell: Cell, unicode: bool, longest: int) -> Text:
    if not isinstance(cell, Share):
        return Text(plain(cell))
    return Text.assemble(f"{percent(cell):>6} ", (bar(cell, longest, unicode), "cyan"))


def bar(share: Share, longest: int, unicode: bool = True) -> str:
    """A bar of at most `longest` characters, drawn in eighths where the terminal has them."""
    if not unicode:
        return "#" * round(share.part * longest)
    full, eighths = divmod(round(share.part * longest * 8), 8)
    return "█" * full + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[eighths]
