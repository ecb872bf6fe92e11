"""Reports as comma-separated values (RFC 4180), one record a line."""

from __future__ import annotations

import csv
from io import StringIO

from ..results.report_form import ReportForm
from ..results.table import Result, Terminal


def report(result: Result, _terminal: Terminal) -> str:
    """The records of `result` under a line with their names."""
    out = StringIO()
    records = result.records()
    if records:
        writer = csv.DictWriter(out, fieldnames=list(records[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)
    return out.getvalue()


REPORT = ReportForm(report, reads="records")
