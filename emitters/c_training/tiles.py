"""Register tiles: how many channels and places a kernel computes at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple

MOST = 8
"""Channels or columns of a tile at most."""
_SWEPT = {32: 8, 16: 6}
"""Output channels of a sweep at most: of 16 registers, 8 would leave room for one place."""
_SUMS = {32: 24, 16: 12}
"""Vectors of sums that fit beside what they multiply, by the number of registers."""
_ROWS = {32: 8, 16: 4}
"""Output channels of a product at most."""
_SPREADS = (1, 2, 3)
"""Vectors of inputs that single gradients are multiplied with at once."""


class Part(NamedTuple):
    """Some of the channels, taken at once."""

    first: int
    size: int


def parts(count: int, most: int) -> list[Part]:
    """So many channels in parts of nearly one size, none above `most`."""
    number = ceil(count / most)
    least, more = divmod(count, number)
    result, first = [], 0
    for index in range(number):
        size = least + (index < more)
        result.append(Part(first, size))
        first += size
    return result


@dataclass
class Tiles:
    """The tiles of all kernels for so many registers, and the functions that they need."""

    registers: int
    tiles: list[str] = field(default_factory=list)
    outers: list[str] = field(default_factory=list)
    sweeps: set[tuple[int, int]] = field(default_factory=set)
    products: set[tuple[int, int]] = field(default_factory=set)
    spreads: set[tuple[int, int]] = field(default_factory=set)
    _seen: dict[tuple[object, ...], int] = field(default_factory=dict)

    def swept(self, channels: int, widths: list[int]) -> int:
        """The index of the first tile for so many channels and rows of these widths."""
        key = ("sweep", channels, *widths)
        if key not in self._seen:
            self._seen[key] = len(self.tiles)
            for part in parts(channels, _SWEPT[self.registers]):
                columns = self._columns(part.size, widths)
                self.sweeps.add((part.size, columns))
                self.tiles.append(f"{{{part.first}, {part.size}, sweep_{part.size}_{columns}}}")
            self.tiles.append("{0}")
        return self._seen[key]

    def multiplied(self, outputs: int, pairs: int) -> tuple[int, int]:
        """The indices of the first parts of the outputs, and of what they are multiplied with."""
        left = parts(outputs, _ROWS[self.registers])
        most = min(MOST, _SUMS[self.registers] // max(part.size for part in left))
        right = parts(pairs, most)
        self.products |= {(one.size, other.size) for one in left for other in right}
        return self._outer(left), self._outer(right)

    def spread(self, outputs: int) -> None:
        """Prepare products of so many outputs with vectors of inputs."""
        sizes = {part.size for part in parts(outputs, _ROWS[self.registers])}
        self.spreads |= {(one, other) for one in sizes for other in _SPREADS}

    def _outer(self, listed: list[Part]) -> int:
        key = ("outer", *listed)
        if key not in self._seen:
            self._seen[key] = len(self.outers)
            self.outers += [f"{{{part.first}, {part.size}}}" for part in listed]
            self.outers.append("{0}")
        return self._seen[key]

    def _columns(self, size: int, widths: list[int]) -> int:
        """The width that wastes least; the last tile of a row overlaps the one before."""
        most = min(MOST, _SUMS[self.registers] // size, *widths)

        def cost(columns: int) -> float:
            tiles = sum(ceil(width / columns) for width in widths)
            return tiles * (size * columns + size / 2 + columns / 2 + 4)

        return min(range(1, most + 1), key=lambda columns: (cost(columns), -columns))

    def text(self) -> str:
        """The functions and tables."""
        pairs = self.sweeps | self.products | self.spreads
        lines = [_each(size) for size in sorted({size for pair in pairs for size in pair})]
        lines += [_grid(*pair) for pair in sorted(pairs)]
        lines += [_lines(*pair) for pair in sorted(self.products)]
        lines += [f"SWEEP({o}, {v}, GRID_{o}_{v}, EACH_{v})" for o, v in sorted(self.sweeps)]
        lines += [
            f"PRODUCT({o}, {v}, GRID_{o}_{v}, LINES_{o}_{v}, EACH_{v})"
            for o, v in sorted(self.products)
        ]
        lines += [
            f"SPREAD({o}, {v}, GRID_{o}_{v}, EACH_{o}, EACH_{v})" for o, v in sorted(self.spreads)
        ]
        lines += [
            "static const struct tile tiles[] = {",
            *(f"    {tile}," for tile in self.tiles or ["{0}"]),
            "};",
            "static const struct outer outers[] = {",
            *(f"    {outer}," for outer in self.outers or ["{0}"]),
            "};",
        ]
        lines += _called("product", self.products) + _called("spread", self.spreads)
        return "\n".join(lines) + "\n"


def _called(kind: str, pairs: set[tuple[int, int]]) -> list[str]:
    """The table of the functions of a kind by their sizes."""
    entries = [f"    [{o}][{v}] = {kind}_{o}_{v}," for o, v in sorted(pairs)] or ["    {0}"]
    head = f"static {kind} *const {kind}s[{MOST + 1}][{MOST + 1}] = {{"
    return [head, *entries, "};"]


def _each(size: int) -> str:
    return f"#define EACH_{size}(DO) " + " ".join(f"DO({n})" for n in range(size))


def _grid(rows: int, columns: int) -> str:
    cells = " ".join(f"DO({o}, {v})" for o in range(rows) for v in range(columns))
    return f"#define GRID_{rows}_{columns}(DO) {cells}"


def _lines(rows: int, columns: int) -> str:
    """A grid row by row, each with a beginning."""
    lines = (
        " ".join([f"BEGIN({o})", *(f"DO({o}, {v})" for v in range(columns))]) for o in range(rows)
    )
    return f"#define LINES_{rows}_{columns}(BEGIN, DO) {' '.join(lines)}"
