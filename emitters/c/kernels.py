"""The kernels that several steps share: which are needed, and their text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from string import Template
from typing import NamedTuple

from ...lowering.registers import ROOM
from . import strip_kernels
from .epilogue import Finishing
from .lines import joined
from .strip_kernels import Strips
from .tables import Tables

_TEXTS = files(__package__) / "text"
_EARLY = (
    "registers.h", "exponential.h", "totals.h", "sums.h", "moves.h", "bands.h", "pack.h", "mean.h",
    "mean_of.h", "largest_of.h", "highest.h", "blend.h", "moments.h", "elements.h", "response.h",
    "inside.h", "factors.h", "winograd.h", "winograd5.h",
)  # fmt: skip
"""Texts that come before the tables, in this order."""
_FEW = 3
"""Rows of a block below which it may be wider, since each row's sums wait for each other."""
_LONG, _VERY_LONG = 256, 16_384
"""Taps above which a sum is made of the sums of pieces, of `TAPS` in `sweeps.h`, and above which
those are added in double precision."""


class Swept(NamedTuple):
    """A kernel that sums products."""

    size: int
    """Rows of a block."""
    finish: str
    """The name of the acts that end it; "" stores the sums as they are."""
    total: str
    """The precision in which the sums of pieces are added; "" for one sum."""

    @property
    def name(self) -> str:
        start = f"{self.total.lower() or 'sweep'}{self.size}"
        return f"{start}_{self.finish}" if self.finish else start


class Product(NamedTuple):
    """A kernel that sums products of a row of places by some output channels."""

    places: int
    vectors: int
    """Of output channels."""

    @property
    def name(self) -> str:
        return f"product{self.places}_{self.vectors}"


def text(name: str) -> str:
    """One of the files of C in `text`."""
    return (_TEXTS / name).read_text(encoding="utf-8")


def filled(name: str, values: Mapping[str, object]) -> str:
    """One of them with values for its names."""
    return Template(text(name)).substitute(values)


_EXPONENTIALS = re.compile(
    "|".join(rf"\b{word}\(" for word in re.findall(r"EACH vector (\w+)", text("exponential.h")))
)
"""A call of what `exponential.h` has."""


@dataclass
class Kernels:
    """Collects what the functions of the steps call."""

    tables: Tables = field(default_factory=Tables)
    _texts: set[str] = field(default_factory=set)
    _functions: dict[str, str] = field(default_factory=dict)
    """From the name of a function of each element to its text."""
    _finishes: dict[str, str] = field(default_factory=dict)
    """From a finish's name to its macro."""
    _sweeps: set[Swept] = field(default_factory=set)
    _strips: set[tuple[Strips, str]] = field(default_factory=set)
    _products: set[tuple[int, Product]] = field(default_factory=set)
    """With the number of registers that each is for."""
    _turned: set[str] = field(default_factory=set)
    _largest: set[str] = field(default_factory=set)
    _centred: set[str] = field(default_factory=set)
    _rows: set[str] = field(default_factory=set)
    _normal: set[str] = field(default_factory=set)

    def need(self, *names: str) -> None:
        """Texts that a step calls."""
        self._texts |= set(names)

    def sweep(self, size: int, taps: int, finishing: Finishing | None = None) -> str:
        """The kernel that sums `taps` products for `size` channels."""
        finish = self._finish(finishing) if finishing else ""
        total = "" if taps <= _LONG else "SINGLE" if taps <= _VERY_LONG else "DOUBLE"
        kernel = Swept(size, finish, total)
        if total == "DOUBLE":
            self.need("totals.h")
        self._sweeps.add(kernel)
        return kernel.name

    def strips(self, kernel: Strips, finishing: Finishing) -> str:
        """The kernel that slides a window down strips of columns."""
        self._strips.add((kernel, finish := self._finish(finishing)))
        return f"{kernel.name}_{finish}"

    def largest(self, finishing: Finishing) -> str:
        """The kernel that keeps the largest tap."""
        self._largest.add(name := self._finish(finishing))
        return f"largest_{name}"

    def centred(self, finishing: Finishing) -> str:
        """The kernel that applies a mean, a factor and a shift."""
        self._centred.add(name := self._finish(finishing))
        return f"centred_{name}"

    def product(self, kernel: Product, registers: int) -> str:
        """The kernel that sums products of places by output channels."""
        self._products.add((registers, kernel))
        return kernel.name

    def turned(self, finishing: Finishing) -> str:
        """The kernel that turns the sums of places to finished planes."""
        self._turned.add(name := self._finish(finishing))
        return f"turned_{name}"

    def rows(self, finishing: Finishing) -> str:
        """The kernel that turns Winograd's products to finished rows."""
        self._rows.add(name := self._finish(finishing))
        return f"rows_{name}"

    def normal(self, finishing: Finishing) -> str:
        """The kernel that normalises over the channels."""
        self.need("totals.h")
        self._normal.add(name := self._finish(finishing))
        return f"normal_{name}"

    def texts(self) -> Iterator[str]:
        """All that must stand before the steps' functions."""
        yield text("vectors.h")
        yield from (text(name) for name in _EARLY if name in self._texts)
        yield "".join(self._functions.values())
        yield self.tables.text()
        yield from self._columns_and_grids()
        if "lanes.h" in self._texts:
            yield text("lanes.h")
        if self._finishes:
            yield text("sweeps.h") + "".join(self._finishes.values())
        for kernel in sorted(self._sweeps):
            yield _function(kernel.name, list(_sweep(kernel)))
        if self._strips:
            yield text("strips.h")
        yield from (strip_kernels.function(*kernel) for kernel in sorted(self._strips))
        yield from self._matrix()
        for word, names in (("largest", self._largest), ("centred", self._centred)):
            if names:
                yield text(f"{word}.h")
            for name in sorted(names):
                yield _function(f"{word}_{name}", [f"{word.upper()}(FINISH_{name})"])
        if self._rows:
            yield text("rows.h")
        if self._normal:
            yield text("normal.h")
        yield from (f"NORMAL(normal_{name}, FINISH_{name})\n" for name in sorted(self._normal))
        yield from (f"ROWS(rows_{name}, FINISH_{name})\n" for name in sorted(self._rows))

    def call(self, finishing: Finishing) -> None:
        """Have the functions that end a step."""
        self._functions |= finishing.functions
        if _EXPONENTIALS.search("".join(finishing.functions.values())):
            self.need("exponential.h")

    def _finish(self, finishing: Finishing) -> str:
        self._finishes.setdefault(finishing.name, finishing.macro())
        self.need("registers.h")
        self.call(finishing)
        return finishing.name

    def _matrix(self) -> Iterator[str]:
        if self._products:
            yield text("matrix.h")
        for registers in ROOM:
            functions = [
                f"PRODUCT({p.name}, GRID_{p.places}_{p.vectors}, COLUMNS_{p.vectors})\n"
                for many, p in sorted(self._products)
                if many == registers
            ]
            if functions:
                yield _if(f"REGISTERS == {registers}", "".join(functions))
        yield from (f"TURNED(turned_{name}, FINISH_{name})\n" for name in sorted(self._turned))

    def _columns_and_grids(self) -> Iterator[str]:
        shapes = {
            (kernel.size, width)
            for kernel in self._sweeps
            for registers in ROOM
            for width in _widths(kernel.size, registers)
        }
        shapes |= {(product.places, product.vectors) for _, product in self._products}
        for width in sorted({width for _, width in shapes}):
            yield f"#define COLUMNS_{width}(F) {' '.join(f'F({v})' for v in range(width))}\n"
        for size, width in sorted(shapes):
            cells = " ".join(f"F({o}, {v})" for o in range(size) for v in range(width))
            yield f"#define GRID_{size}_{width}(F) {cells}\n"


def _widths(size: int, registers: int) -> list[int]:
    """How many vectors a block of `size` channels has: as many as fit, then fewer for the rest."""
    widest = max(1, min(8 if size < _FEW else 4, ROOM[registers].sums // size))
    return [widest >> halvings for halvings in range(widest.bit_length())]


def _sweep(kernel: Swept) -> Iterator[str]:
    yield "int p = from, q = from % row;"
    macro, size = f"LONG_SWEEP({kernel.total}, " if kernel.total else "SWEEP(", kernel.size
    finish = f"FINISH_{kernel.finish}"
    wide, narrow = (
        [
            f"{macro}GRID_{size}_{width}, COLUMNS_{width}, {size}, {width}, {finish})"
            for width in _widths(size, registers)
        ]
        for registers in ROOM
    )
    yield from (
        wide if wide == narrow else ("#if REGISTERS == 32", *wide, "#else", *narrow, "#endif")
    )
    yield "(void)q;"


def _if(condition: str, code: str) -> str:
    return f"#if {condition}\n{code}#endif\n"


def _function(name: str, lines: list[str]) -> str:
    body = joined([*lines, "(void)bias, (void)weights, (void)kept, (void)row, (void)from;"])
    body = body.replace("    #", "#")
    return f"ALONE void {name}(SWEEP_ARGUMENTS)\n{{\n{body}\n}}\n"
