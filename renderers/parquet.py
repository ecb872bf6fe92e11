"""Records as an Apache Parquet file, for data frames."""

from __future__ import annotations

import io

from ..results.report_form import ReportForm
from ..results.table import Result, Terminal
from ..support.errors import FileError
from ..support.optional import need


def ready() -> None:
    """Refuse, before the work, a machine without what writes the form.

    Raises:
        ExtraError: pyarrow is not installed.
    """
    need("pyarrow", "budget")


def report(result: Result, terminal: Terminal) -> bytes:
    """One row a record, with the columns of the CSV.

    Raises:
        ExtraError: pyarrow is not installed.
        FileError: the records have no columns in common, or a number of more than 64 bits.
    """
    arrow = need("pyarrow", "budget")
    out = io.BytesIO()
    try:
        need("pyarrow.parquet", "budget").write_table(
            arrow.Table.from_pylist(result.records()), out
        )
    except (arrow.ArrowException, OverflowError) as error:
        raise FileError(
            f"these results are no Parquet file: {error}"[:300], fix="--format csv or json"
        ) from None
    return out.getvalue()


REPORT = ReportForm(report, reads="records", ready=ready)
