"""Tables for the terminal."""

from __future__ import annotations

from ..results.report_form import ReportForm
from ..results.table import Result, Terminal
from ..results.text import text_of


def report(result: Result, terminal: Terminal) -> str:
    """All tables of `result`, as wide as the terminal is and no wider than they need."""
    return text_of(result.tables(), terminal)


REPORT = ReportForm(report)
