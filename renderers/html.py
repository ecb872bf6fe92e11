"""Reports as a page, or as a fragment that fits into one; drawings as a page to explore."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from ..results.table import Cell, Column, Result, Row, Share, Table, Terminal, percent, plain
from ..views.drawing import Drawing
from ._colours import THEMES
from ._page import page

ENDINGS = (".html", ".htm")
USES = ("depth", "fold", "color_by", "theme")
_SHARE = (
    '<span style="display:inline-block;width:4em;text-align:right">{text}</span>'
    '<span style="display:inline-block;vertical-align:middle;height:.7em;margin-left:.4em;'
    'background:#2a9d8f;width:{width:.2f}em"></span>'
)
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
{tables}</body>
</html>
"""
_STYLE = """body { font: 14px/1.5 system-ui, Helvetica, Arial, sans-serif; margin: 0 auto; \
max-width: 80rem; padding: 1.5rem; }
div { margin: 1.5rem 0 .6rem; }
caption { font-size: 1.15em; padding-bottom: .5em; }
thead th { border-bottom: 1px solid; }
tbody tr:hover { background: rgb(128 128 128 / .14); }"""
_WEIGHTS = {"plain": "normal", "head": "bold", "total": "bold"}


def draw(drawing: Drawing) -> str:
    """One page that needs no network."""
    return page(drawing)


def framed(drawing: Drawing) -> str:
    """The page in a frame, for a notebook."""
    style = "width:100%;height:600px;border:0"
    return f'<iframe style="{style}" srcdoc="{escape(page(drawing))}"></iframe>'


def report(result: Result, _terminal: Terminal) -> str:
    """A page with all tables of `result`, in the colours of the reader's system."""
    title = next((table.title for table in result.tables()), "henet-arch")
    return _PAGE.format(title=escape(title), style=_styles(), tables=fragment(result))


def fragment(result: Result) -> str:
    """All tables of `result`, colours taken from the page around them."""
    return "\n".join(line for table in result.tables() for line in _lines(table)) + "\n"


def _styles() -> str:
    light, dark = (
        f"color: {theme.text}; background: {theme.ground};"
        for theme in (THEMES["light"], THEMES["dark"])
    )
    return (
        f"{_STYLE}\nbody {{ {light} }}\n@media (prefers-color-scheme: dark) {{ body {{ {dark} }} }}"
    )


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
        f'<td style="{_style(column)}">{_cell(cell)}</td>'
        for cell, column in zip(row.cells, columns, strict=True)
    )
    return f'<tr style="{line}font-weight:{_WEIGHTS[row.role]}">{"".join(cells)}</tr>'


def _style(column: Column) -> str:
    side = "right" if column.number else "left"
    space = "pre-wrap" if column.prose else "pre"  # prose alone is broken into lines
    return f"text-align:{side};vertical-align:top;white-space:{space};padding:.1em .6em"


def _cell(cell: Cell) -> str:
    if isinstance(cell, Share):
        return _SHARE.format(text=percent(cell), width=5 * cell.part)
    return escape(plain(cell))
