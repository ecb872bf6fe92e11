"""Tables for the terminal, drawn by rich."""

from __future__ import annotations

from io import StringIO

from rich.box import ASCII, SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as Drawn
from rich.text import Text

from ..tables import Cell, Result, Share, Table, Terminal, percent, plain

_WIDE = 120
_BAR = 10
_STYLES = {"plain": "", "head": "bold", "total": "bold"}


def report(result: Result, terminal: Terminal) -> str:
    """All tables of `result`, as wide as the terminal is and no wider than they need."""
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
            console.print(_drawn(table, terminal))
        for note in table.notes:
            console.print(Text(note, style="dim"))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _drawn(table: Table, terminal: Terminal) -> Drawn:
    shown = [
        index
        for index, column in enumerate(table.columns)
        if terminal.width >= _WIDE or not column.wide
    ]
    drawn = Drawn(
        box=SIMPLE_HEAD if terminal.unicode else ASCII, pad_edge=False, padding=(0, 1, 0, 0)
    )
    for index in shown:
        column = table.columns[index]
        drawn.add_column(
            Text(column.title),
            justify="right" if column.number else "left",
            no_wrap=column.number or index == 0,
            overflow="fold",
        )
    for row in table.rows:
        if row.role == "total":
            drawn.add_section()
        cells = [_cell(row.cells[index], terminal.unicode) for index in shown]
        drawn.add_row(*cells, style=_STYLES[row.role])
    return drawn


def _cell(cell: Cell, unicode: bool) -> Text:
    if not isinstance(cell, Share):
        return Text(plain(cell))
    return Text.assemble(f"{percent(cell):>6} ", (bar(cell, unicode), "cyan"))


def bar(share: Share, unicode: bool = True) -> str:
    """A bar of at most ten characters, drawn in eighths where the terminal has them."""
    if not unicode:
        return "#" * round(share.part * _BAR)
    full, eighths = divmod(round(share.part * _BAR * 8), 8)
    return "█" * full + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[eighths]
