"""Winograd's F(4, rows) down the columns of a plane, and which lanes its products have.

Windows of three and of five rows have a transform: its components stand for a tile of rows, and a
product of each makes the four rows of the tile. Lanes of columns multiply the tiles of a plane as
one long row; lanes of output channels, as matrices are multiplied, panel by panel.
"""

from __future__ import annotations

from .matrix import SLOWER, TURNED, by_channels, by_columns
from .vectors import rounded, vectors
from .window_loop import WindowLoop

TILE = 4
"""Rows that a tile makes."""
_POSITIONS = 64
"""Elements of a component that are computed at once: their transforms stay in the nearest cache."""
_TRANSFORMS = 1 << 16
"""Elements of transforms that stay in the cache behind that, beside the weights."""
_TILED = 40
"""What it costs to transform a tile of columns, in products of vectors."""
_FINISHED = 12
"""What it costs to make rows of a tile's products."""
_FEWEST = 4
"""Planes of a group below which the transforms cost more than they save."""
_LOWEST = 4
"""Rows below which most of a tile would be thrown away."""

TRANSFORMS: dict[int, tuple[tuple[float, ...], ...]] = {
    3: (
        (1 / 4, 0, 0),
        (-1 / 6, -1 / 6, -1 / 6),
        (-1 / 6, 1 / 6, -1 / 6),
        (1 / 24, 1 / 12, 1 / 6),
        (1 / 24, -1 / 12, 1 / 6),
        (0, 0, 1),
    ),
    5: (
        (1, 0, 0, 0, 0),
        (-2 / 9, -2 / 9, -2 / 9, -2 / 9, -2 / 9),
        (-2 / 9, 2 / 9, -2 / 9, 2 / 9, -2 / 9),
        (1 / 90, 1 / 45, 2 / 45, 4 / 45, 8 / 45),
        (1 / 90, -1 / 45, 2 / 45, -4 / 45, 8 / 45),
        (32 / 45, 16 / 45, 8 / 45, 4 / 45, 2 / 45),
        (32 / 45, -16 / 45, 8 / 45, -4 / 45, 2 / 45),
        (0, 0, 0, 0, 1),
    ),
}
"""By the rows of a window the G of arXiv:1509.09308: from a column of the window to the factors of
the components. The points are 0, 1, -1, 2, -2 and, for five rows, 1/2 and -1/2."""


def components(loop: WindowLoop) -> int:
    """Products that make a column of a tile."""
    return len(TRANSFORMS[loop.window.kernel[0]])


def products(loop: WindowLoop) -> int:
    """Products of an output channel, for a column of a tile: its weights too."""
    return components(loop) * loop.inputs * loop.window.kernel[1]


def tiles(loop: WindowLoop) -> int:
    """Tiles down a plane."""
    return -(-loop.size[0] // TILE)


def is_open(loop: WindowLoop) -> bool:
    """Whether there is a transform for it."""
    window = loop.window
    return (
        not loop.largest
        and window.kernel[0] in TRANSFORMS
        and window.dilation[0] == 1
        and window.stride == (1, 1)
        and loop.size[0] * loop.size[1] > 1
        and loop.inputs * loop.outputs > 1
    )


def is_worth_it(loop: WindowLoop) -> bool:
    """Whether an open loop takes less by transforms."""
    if loop.inputs < _FEWEST or loop.size[0] < _LOWEST:
        return False
    if has_columns(loop):
        return True
    return _by_channels(loop) + _tiled(loop) <= min(by_channels(loop), by_columns(loop))


def has_columns(loop: WindowLoop) -> bool:
    """Whether there is a kernel whose lanes are columns."""
    return loop.window.kernel[0] == 3


def is_by_channels(loop: WindowLoop) -> bool:
    """Whether lanes of output channels waste less than lanes of columns do, or are all there is."""
    lanes = vectors(tiles(loop) * (loop.size[1] + 1))
    columns = SLOWER * loop.outputs * products(loop) * lanes
    return not has_columns(loop) or _by_channels(loop) <= columns


def _by_channels(loop: WindowLoop) -> float:
    """Counted as in `matrix`, without the transform of the elements."""
    places = tiles(loop) * loop.size[1]
    turned = TURNED * vectors(loop.size[0] * (loop.size[1] + 1))
    return vectors(loop.outputs) * ((products(loop) + _FINISHED) * places + turned)


def _tiled(loop: WindowLoop) -> float:
    return _TILED * loop.inputs * tiles(loop) * vectors(loop.size[1] + 1)


def tiles_at_once(loop: WindowLoop, row: int) -> int:
    """Tiles that are transformed together; a whole number of vectors, or all.

    They fill vectors of products best, if the transforms of twice as many stay in a cache.
    """
    least = max(1, _POSITIONS // row)
    while least * row % TILE:
        least += 1
    most = min(2 * least, tiles(loop))
    if components(loop) * loop.inputs * most * row > _TRANSFORMS:
        most = least
    counts = [n for n in range(least, most + 1) if n * row % TILE == 0 or n == tiles(loop)]
    return min(counts, default=tiles(loop), key=lambda n: rounded(n * row) / n)
