"""The kernels that several steps share: which are needed, and their text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files

from .finish import Finishing
from .lines import joined
from .tables import Tables

_TEXTS = files(__package__) / "text"
_EARLY = ("moves.h", "pack.h", "mean.h", "elements.h", "winograd.h")
"""Texts that come before the tables, in this order."""
_SUMS = {32: 24, 16: 12}
"""Vectors of sums that fit beside what they multiply, by the number of registers."""
_FEW = 3
"""Rows of a block below which it may be wider, since each row's sums wait for each other."""


def text(name: str) -> str:
    """One of the files of C in `text`."""
    return (_TEXTS / name).read_text(encoding="utf-8")


@dataclass
class Kernels:
    """Collects what the functions of the steps call."""

    tables: Tables = field(default_factory=Tables)
    _texts: set[str] = field(default_factory=set)
    _finishes: dict[str, str] = field(default_factory=dict)
    """From a finish's name to its macro."""
    _sweeps: set[tuple[int, str]] = field(default_factory=set)
    """Rows of a block, and its finish; "" stores the sums as they are."""
    _largest: set[str] = field(default_factory=set)
    _rows: set[str] = field(default_factory=set)

    def need(self, *names: str) -> None:
        """Texts that a step calls."""
        self._texts |= set(names)

    def sweep(self, size: int, finishing: Finishing | None = None) -> str:
        """The kernel that sums products for `size` channels."""
        finish = self._finish(finishing) if finishing else ""
        self._sweeps.add((size, finish))
        return _sweep_name(size, finish)

    def largest(self, finishing: Finishing) -> str:
        """The kernel that keeps the largest tap."""
        self._largest.add(name := self._finish(finishing))
        return f"largest_{name}"

    def rows(self, finishing: Finishing) -> str:
        """The kernel that turns Winograd's products to finished rows."""
        self._rows.add(name := self._finish(finishing))
        return f"rows_{name}"

    def texts(self) -> Iterator[str]:
        """All that must stand before the steps' functions."""
        yield text("vectors.h")
        yield from (text(name) for name in _EARLY if name in self._texts)
        yield self.tables.text()
        yield from self._columns_and_grids()
        if "lanes.h" in self._texts:
            yield text("lanes.h")
        if self._finishes:
            yield text("sweeps.h") + "".join(self._finishes.values())
        for size, finish in sorted(self._sweeps):
            yield _function(_sweep_name(size, finish), list(_sweep(size, finish)))
        if self._largest:
            yield text("largest.h")
        for name in sorted(self._largest):
            yield _function(f"largest_{name}", [f"LARGEST(FINISH_{name})"])
        if self._rows:
            yield text("rows.h")
        yield from (f"ROWS(rows_{name}, FINISH_{name})\n" for name in sorted(self._rows))

    def _finish(self, finishing: Finishing) -> str:
        self._finishes.setdefault(finishing.name, finishing.macro())
        return finishing.name

    def _columns_and_grids(self) -> Iterator[str]:
        shapes = {
            (size, width)
            for size, _ in self._sweeps
            for registers in _SUMS
            for width in _widths(size, registers)
        }
        for width in sorted({width for _, width in shapes}):
            yield f"#define COLUMNS_{width}(F) {' '.join(f'F({v})' for v in range(width))}\n"
        for size, width in sorted(shapes):
            cells = " ".join(f"F({o}, {v})" for o in range(size) for v in range(width))
            yield f"#define GRID_{size}_{width}(F) {cells}\n"


def _widths(size: int, registers: int) -> list[int]:
    """How many vectors a block of `size` channels has: as many as fit, then fewer for the rest."""
    widest = max(1, min(8 if size < _FEW else 4, _SUMS[registers] // size))
    return [widest >> halvings for halvings in range(widest.bit_length())]


def _sweep_name(size: int, finish: str) -> str:
    return f"sweep{size}_{finish}" if finish else f"sweep{size}"


def _sweep(size: int, finish: str) -> Iterator[str]:
    yield "int p = 0, q = 0;"
    wide, narrow = (
        [
            f"SWEEP(GRID_{size}_{width}, COLUMNS_{width}, {size}, {width}, FINISH_{finish})"
            for width in _widths(size, registers)
        ]
        for registers in (32, 16)
    )
    yield from (
        wide if wide == narrow else ("#if REGISTERS == 32", *wide, "#else", *narrow, "#endif")
    )
    yield "(void)q;"


def _function(name: str, lines: list[str]) -> str:
    body = joined([*lines, "(void)bias, (void)weights, (void)kept, (void)row;"])
    body = body.replace("    #", "#")
    return f"ALONE void {name}(SWEEP_ARGUMENTS)\n{{\n{body}\n}}\n"
