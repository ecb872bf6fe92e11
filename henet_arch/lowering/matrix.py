"""A convolution of stride 1 as products of matrices: the lanes are output channels.

A panel is so many output channels as make one to three widest vectors. For each panel a row of
places is summed at a time, each place with all channels of the panel: the sums lie in
`[place][channel]`, and are turned to planes at the end.
"""

from __future__ import annotations

from collections.abc import Iterator

from .registers import ROOM
from .vectors import WIDEST, rounded, vectors
from .window_loop import WindowLoop

PANELS = (3, 2)
"""Vectors of the largest panel, the better one first."""
_LONGEST = 16_384
"""Products of a sum, above which pieces of it are added in double precision."""
_NARROWEST = 4
"""Columns below which a row of places has too few sums to keep the multipliers busy."""
TURNED = 170
"""What it costs to turn and finish a square of lanes, in products of vectors."""
SLOWER = 1.05
"""How much longer a product by lanes of columns takes: its weights and elements lie less well."""
_PLACES = 64
"""Places of a panel whose sums are held before they are turned, if not all of them."""


def is_matrix(loop: WindowLoop) -> bool:
    """Whether lanes of output channels waste less than lanes of columns do.

    Counted are products of widest vectors. Lanes of columns compute the room behind a row, of one
    element mostly, and whole vectors at the end of a plane; those of channels, whole vectors of
    channels, and they must be turned at the end.
    """
    if loop.packed or loop.largest or loop.taps > _LONGEST or loop.size[1] < _NARROWEST:
        return False
    return by_channels(loop) <= by_columns(loop)


def by_channels(loop: WindowLoop) -> float:
    """Products of vectors whose lanes are output channels, and what it takes to turn the sums."""
    rows, columns = loop.size
    turned = TURNED * vectors(rows * (columns + 1))
    return vectors(loop.outputs) * (loop.taps * rows * columns + turned)


def by_columns(loop: WindowLoop) -> float:
    """Products of vectors whose lanes are columns."""
    return SLOWER * loop.taps * loop.outputs * vectors(loop.size[0] * (loop.size[1] + 1))


def panels(loop: WindowLoop) -> list[int]:
    """Vectors of each panel, as equal as can be, the larger ones first.

    None is larger than what makes most sums at once of the stretches of a row.
    """
    count = -(-vectors(loop.outputs) // max(PANELS, key=lambda size: _at_once(loop, size)))
    size, more = divmod(vectors(loop.outputs), count)
    return [size + 1] * more + [size] * (count - more)


def _at_once(loop: WindowLoop, size: int) -> float:
    """Sums of vectors that are made at once with panels of this size, on average."""
    stretch = ROOM[32].sums // size
    return size * loop.size[1] / -(-loop.size[1] // stretch)


def rows_at_once(loop: WindowLoop, row: int) -> int:
    """Rows whose sums are turned together: whole vectors of places, or all."""
    count = max(1, _PLACES // row)
    while count * row % WIDEST:
        count += 1
    return min(count, loop.size[0])


def stretches(columns: int, most: int) -> Iterator[int]:
    """A row of places in parts of at most so many, as equal as can be."""
    count = -(-columns // most)
    size, more = divmod(columns, count)
    yield from [size + 1] * more + [size] * (count - more)


def matrix_weights(loop: WindowLoop) -> int:
    """Numbers of one group's panels; the channels that no output has are zeros."""
    return loop.taps * rounded(loop.outputs)


def sums(loop: WindowLoop, row: int) -> int:
    """Elements for the sums of a panel."""
    return rounded(rows_at_once(loop, row) * row) * panels(loop)[0] * WIDEST


def turned(loop: WindowLoop, row: int) -> int:
    """Elements for a vector of channels, turned to planes."""
    return rounded(rows_at_once(loop, row) * row) * WIDEST
