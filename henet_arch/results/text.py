"""Tables as text for the terminal, drawn by rich."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from io import StringIO
from textwrap import wrap

from rich.box import SIMPLE_HEAD, Box
from rich.cells import cell_len, chop_cells
from rich.console import JustifyMethod
from rich.table import Table as Drawn
from rich.text import Text

from ..support.printable import printable
from .layout import Layout, layout
from .table import Cell, Row, Share, Table, Terminal, percent, plain
from .terminal import bar, console_for

_MOST_ROWS = 2_000
"""Rows of a table for the terminal: nobody reads more, and drawing them takes long."""
_ASCII = str.maketrans({**dict(zip("·░▒▓█─", ".-+%#-", strict=True)), "≥": ">=", "…": "..."})
"""Shades and signs where there are no others."""
_STYLES = {"plain": "", "head": "bold", "total": "bold"}
_ASCII_BOX = Box(str(SIMPLE_HEAD).replace("─", "-"), ascii=True)


def text_of(tables: Iterable[Table], terminal: Terminal) -> str:
    """All `tables`, no wider than the terminal.

    In a narrow one bars are shorter, titles and prose are broken, and long names are cut in the
    middle; columns that do not fit are left out, and named below the table. Numbers are never cut.
    A table that is too long ends early, with its totals and a note that says so.
    """
    return "\n".join(_table(_readable(table), terminal) for table in tables)


def _table(table: Table, terminal: Terminal) -> str:
    table = _shown(table, terminal.unicode)
    out = StringIO()
    console = console_for(out, terminal.width, colour=terminal.colour)
    console.print(Text(table.title, style="bold"))
    notes = list(table.notes)
    if table.rows:
        plan = layout(table, terminal.width)
        console.width += len(SIMPLE_HEAD.head_right)  # a space, which goes
        console.print(_drawn(table, plan, terminal.unicode))
        console.width = terminal.width
        notes += _left_out(table, plan, terminal.width)
    for note in notes:
        for line in wrap(note, terminal.width, break_on_hyphens=False):
            console.print(Text(line, style="dim"))
    lines = (line.rstrip() for line in out.getvalue().rstrip().splitlines())
    return "\n".join(lines) + "\n"


def _readable(table: Table) -> Table:
    """The table's first rows and its totals, where it has more rows than anyone reads."""
    count = len(table.rows)
    if count <= _MOST_ROWS:
        return table
    totals = [row for row in table.rows[_MOST_ROWS:] if row.role == "total"]
    note = f"the first {_MOST_ROWS:,} of {count:,} rows: the forms csv and json have all of them"
    return replace(table, rows=[*table.rows[:_MOST_ROWS], *totals], notes=[note, *table.notes])


def _shown(table: Table, unicode: bool) -> Table:
    """The table with all that it says as the terminal can show it."""

    def text(raw: str) -> str:
        return printable(raw) if unicode else printable(raw).translate(_ASCII)

    def cell(value: Cell) -> Cell:
        return value if isinstance(value, Share) else text(plain(value))

    return Table(
        text(table.title),
        [replace(column, title=text(column.title)) for column in table.columns],
        [Row([cell(value) for value in row.cells], row.role) for row in table.rows],
        [text(note) for note in table.notes],
    )


def _left_out(table: Table, plan: Layout, width: int) -> list[str]:
    """What is said of columns that do not fit."""
    titles = dict.fromkeys(table.columns[index].title for index in plan.left_out)
    if not titles:
        return []
    return [f"left out at width {width}: {', '.join(titles)}; width {plan.enough} shows all"]


def _drawn(table: Table, plan: Layout, unicode: bool) -> Drawn:
    box = SIMPLE_HEAD if unicode else _ASCII_BOX
    drawn = Drawn(box=box, pad_edge=False, padding=(0, 1, 0, 0))
    columns = [table.columns[index] for index in plan.shown]
    heads = [wrap(column.title, width) for column, width in zip(columns, plan.widths, strict=True)]
    tallest = max(map(len, heads))
    for column, head, width in zip(columns, heads, plan.widths, strict=True):
        title = "\n".join([""] * (tallest - len(head)) + head)
        side: JustifyMethod = "right" if column.number else "left"
        drawn.add_column(Text(title), justify=side, width=width, overflow="fold")
    for row in table.rows:
        if row.role == "total":
            drawn.add_section()
        cells = [row.cells[index] for index in plan.shown]
        texts = [
            _text(cell, plan.bar, unicode, None if column.prose else width)
            for cell, column, width in zip(cells, columns, plan.widths, strict=True)
        ]
        drawn.add_row(*texts, style=_STYLES[row.role])
    return drawn


def _text(cell: Cell, longest: int, unicode: bool, width: int | None) -> Text:
    """A cell; cut to a width if one is given."""
    if isinstance(cell, Share):
        return Text.assemble(f"{percent(cell):>6} ", (bar(cell, longest, unicode), "cyan"))
    text = plain(cell)
    return Text(text if width is None else elided(text, width, "…" if unicode else "..."))


def elided(text: str, width: int, sign: str = "…") -> str:
    """`text` without its middle, so that it fits: `    features.de…layer12.conv2`.

    Args:
        text: What stands in front, space too, stays in front.
        width: The most characters.
        sign: What stands for the middle.
    """
    if cell_len(text) <= width:
        return text
    room = width - len(sign)
    if room < 2:
        return chop_cells(text.lstrip(), width)[0]
    indent = text[: min(len(text) - len(text.lstrip()), room // 2)]
    name, room = text.lstrip(), room - len(indent)
    first = chop_cells(name, room // 2)[0] if room > 1 else ""
    last = chop_cells(name[::-1], room - cell_len(first))[0][::-1]
    return f"{indent}{first}{sign}{last}"
