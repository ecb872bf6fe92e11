"""A form of reports and of drawings: one line each."""

from __future__ import annotations

from henet_arch.results.report_form import ReportForm
from henet_arch.results.table import Result, Terminal
from henet_arch.views.drawing import Drawing, DrawingForm


def report(result: Result, terminal: Terminal) -> str:
    return f"outform of {len(result.tables())} tables\n"


def draw(drawing: Drawing) -> str:
    return f"outform of {drawing.name}\n"


REPORT = ReportForm(report)
DRAWING = DrawingForm(draw, (".outform",), uses=(), printed=True)
