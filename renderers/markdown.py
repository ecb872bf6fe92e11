"""Reports as Markdown tables, and drawings as Mermaid in Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from ..results.report_form import ReportForm
from ..results.table import Result, Table, Terminal, plain
from ..support.printable import printable
from ..views.drawing import DIAGRAM_SETTINGS, Drawing, DrawingForm
from . import mermaid


def draw(drawing: Drawing) -> str:
    """A fenced block, which Git hosting sites draw.

    Raises:
        DrawError: it is larger than Mermaid draws.
    """
    return f"```mermaid\n{mermaid.draw(drawing)}```\n"


def report(result: Result, _terminal: Terminal) -> str:
    """All tables of `result`, each under its title."""
    return "\n\n".join("\n".join(_lines(table)) for table in result.tables()) + "\n"


def _lines(table: Table) -> Iterable[str]:
    yield f"### {_escaped(table.title)}"
    yield ""
    if table.rows:
        yield _line(_escaped(column.title) for column in table.columns)
        yield _line("---:" if column.number else "---" for column in table.columns)
    for row in table.rows:
        mark = "" if row.role == "plain" else "**"
        texts = (_escaped(plain(cell)) for cell in row.cells)
        yield _line(f"{mark}{_indented(text)}{mark}" if text else "" for text in texts)
    for note in table.notes:
        yield ""
        yield _escaped(note)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _indented(text: str) -> str:
    kept = text.lstrip()
    return "&emsp;" * ((len(text) - len(kept)) // 2) + kept


def _escaped(text: str) -> str:
    text = printable(text)
    for character in "\\`*_<|[]":
        text = text.replace(character, f"\\{character}")
    return text


REPORT = ReportForm(report)
DRAWING = DrawingForm(draw, (".md",), uses=DIAGRAM_SETTINGS)
