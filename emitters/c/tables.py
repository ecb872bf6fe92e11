"""Tables of numbers as C, each written once."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

from .lines import number


class Tables:
    """Collects constant tables and names them."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, tuple[float, ...]], str] = {}
        """By the type and the values."""

    def name(self, values: Sequence[int]) -> str:
        """The name of the table with these whole numbers."""
        return self._named("int", values)

    def floats(self, values: Sequence[float]) -> str:
        """The name of the table with these numbers, as near as a float comes."""
        return self._named("float", values)

    def text(self) -> str:
        """All tables, in the order in which they were first asked for."""
        return "".join(
            f"static const {kind} {name}[{len(values)}] = {{\n{_listed(kind, values)}\n}};\n"
            for (kind, values), name in self._names.items()
        )

    def _named(self, kind: str, values: Sequence[float]) -> str:
        return self._names.setdefault((kind, tuple(values)), f"table{len(self._names) + 1}")


def _listed(kind: str, values: Sequence[float]) -> str:
    words = map(number if kind == "float" else str, values)
    return fill(", ".join(words), 96, initial_indent="    ", subsequent_indent="    ")
