"""The contract of a form of reports, one for each renderer that makes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from .table import Terminal


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class ReportForm:
    """How a result becomes text, or bytes where the form is no text.

    Attributes:
        render: makes it of a result and of what the terminal can show.
        reads: the part of a result that the form shows.
        ready: refuses, before the work, a machine without what writes the form.
        of: the class of the results that have the form.
    """

    render: Callable[[Any, Terminal], str | bytes]
    reads: Literal["tables", "records", "to_dict"] = "tables"
    ready: Callable[[], object] = _nothing
    of: type = object
