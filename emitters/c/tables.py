"""Tables of whole numbers as C, each written once."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill


class Tables:
    """Collects constant tables and names them."""

    def __init__(self) -> None:
        self._names: dict[tuple[int, ...], str] = {}

    def name(self, values: Sequence[int]) -> str:
        """The name of the table with these values."""
        return self._names.setdefault(tuple(values), f"table{len(self._names) + 1}")

    def text(self) -> str:
        """All tables, in the order in which they were first asked for."""
        return "".join(
            f"static const int {name}[{len(values)}] = {{\n{_listed(values)}\n}};\n"
            for values, name in self._names.items()
        )


def _listed(values: Sequence[int]) -> str:
    listed = ", ".join(map(str, values))
    return fill(listed, 96, initial_indent="    ", subsequent_indent="    ")
