"""How a result shows itself: as text where it is printed, as a table in Jupyter."""

from __future__ import annotations

from ..support.collector import collector_paused
from .table import Result, Terminal


class Shown:
    """A result that prints as a table, and shows itself in Jupyter."""

    def __str__(self: Result) -> str:
        from .text import text_of  # rich is loaded where something is printed

        with collector_paused():
            return text_of(self.tables(), Terminal()).rstrip("\n")

    def _repr_html_(self: Result) -> str:
        from .markup import fragment

        return fragment(self.tables())
