"""Reports as a page; drawings as a page to explore."""

from __future__ import annotations

from ..results.markup import fragment
from ..results.report_form import ReportForm
from ..results.table import Result, Terminal
from ..views.drawing import Drawing, DrawingForm
from ._page import page
from ._sheet import sheet


def draw(drawing: Drawing) -> str:
    """One page that needs no network."""
    return page(drawing)


def report(result: Result, _terminal: Terminal) -> str:
    """A page with all tables of `result`, in the colours of the reader's system."""
    title = next((table.title for table in result.tables()), "henet-arch")
    return sheet(title, fragment(result.tables()))


REPORT = ReportForm(report)
DRAWING = DrawingForm(draw, (".html", ".htm"), uses=("depth", "fold", "color_by", "theme"))
