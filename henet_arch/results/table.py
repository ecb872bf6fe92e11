"""Tables as plain values: what a result says, before a renderer gives it a form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal, NamedTuple, Protocol

from ..ir.dims import Dim, format_shape
from ..support.printable import printable


class Share(NamedTuple):
    """A part of a whole, drawn as a bar."""

    part: float

    @staticmethod
    def of(part: Dim, whole: Dim) -> Share | None:
        """`part / whole`; None for a whole of 0."""
        return Share(float(part / whole)) if whole else None


Cell = int | str | Share | None


@dataclass(frozen=True)
class Column:
    """One column; its numbers are aligned to the right."""

    title: str
    number: bool = False
    prose: bool = False
    """Its text may be broken into lines; other text is cut in the middle where it must."""
    whole: bool = False
    """Its text is neither broken nor cut, as no number is."""
    share: bool = False
    """Its cells are shares of a whole, which leave first where they have no rank."""
    wide: bool = False
    """Shown only where there is room to spare."""
    rank: int = 0
    """In a table that is too wide the highest rank leaves first; 0 stays longest."""


@dataclass(frozen=True)
class Row:
    """One row, set off from the others when it sums them up or heads them."""

    cells: Sequence[Cell]
    role: Literal["plain", "head", "total"] = "plain"


@dataclass(frozen=True)
class Table:
    """Columns, rows, and sentences below them."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    notes: Sequence[str] = field(default=())


@dataclass(frozen=True)
class Terminal:
    """What the place that a table is printed to can show."""

    width: int = 80
    colour: bool = False
    unicode: bool = True


class Result(Protocol):
    """What every command makes and every report renderer takes."""

    def tables(self) -> Sequence[Table]:
        """For people."""

    def to_dict(self) -> dict[str, Any]:
        """For programs: plain dicts, lists, strings and numbers."""

    def records(self) -> list[dict[str, Any]]:
        """For spreadsheets: one flat dict a row, all with the same keys."""


def percent(share: Share) -> str:
    """`12.3%`."""
    return f"{100 * share.part:.1f}%"


def signed(number: int) -> str:
    """A difference: `+1,536`, `-96`, `0`."""
    return f"{number:+,}" if number else "0"


def signed_percent(percent: float | None) -> str:
    """`+12.3%`; nothing for none."""
    return "" if percent is None else f"{percent:+,.1f}%" if percent else "0.0%"


def setting(value: object) -> str:
    """The value of a layer's attribute: `yes`, `1,024`, `3x3`, `weight 8x4, bias 8`."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if not isinstance(value, tuple):
        return "none" if value is None else str(value)
    if value and isinstance(value[0], str):
        return " ".join(map(setting, value))
    several = not value or isinstance(value[0], tuple)
    return (", ".join(map(setting, value)) or "none") if several else format_shape(value)


def number_of(size: Dim | Fraction) -> Any:
    """A size for JSON: whole, or a float."""
    if not isinstance(size, Fraction):
        return size
    return int(size) if size.denominator == 1 else float(size)


def pair(sizes: Sequence[Dim | Fraction | float]) -> str:
    """One for height and one for width, or one number if both are equal: `7`, `7x5`, `0.5`."""
    texts = [str(size) if isinstance(size, int) else f"{float(size):.4g}" for size in sizes]
    return texts[0] if texts[0] == texts[1] else "x".join(texts)


def plain(cell: Cell) -> str:
    """A cell as one line of text that can be printed, thousands separated."""
    if isinstance(cell, Share):
        return percent(cell)
    if isinstance(cell, int):
        return f"{cell:,}"
    return printable(cell or "").replace("\n", r"\n")


def short(number: Dim, *, sign: bool = False) -> str:
    """A count in four digits: `10.05M`; with `sign`, `+10.05M`."""
    if not isinstance(number, int):
        return str(number)
    value, unit = float(number), ""
    for larger in "kMGTPE":
        if abs(value) < 999.95:
            break
        value, unit = value / 1000, larger
    plus = "+" if sign and number else ""
    return f"{value:{plus}#.4g}{unit}" if unit else f"{number:{plus}}"


def size(number: Dim) -> str:
    """Bytes as people read them: `340.1 KiB`."""
    if not isinstance(number, int):
        return f"{number} B"
    value, unit = float(number), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if round(value, 1) < 1024:
            break
        value, unit = value / 1024, larger
    return f"{number} B" if unit == "B" else f"{value:,.1f} {unit}"
