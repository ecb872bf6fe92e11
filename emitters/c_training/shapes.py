"""How a convolution goes over its maps: rows at a time, and the memory that this takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil

from ...ir.dims import Window
from ...lowering.training.kernels import Convolution
from ...lowering.training.values import Size
from .tiles import MOST

_RUN = 64
"""Places that are computed at once, about."""
_LONG = 256
"""The same where weights are many: their sums are loaded and stored once for so many places."""
_MANY = 2048
"""Vectors of sums from which on weights are many."""
_DENSE = 30
"""Products of channels of a group from which on Winograd's tiles are faster."""
_TILES = 16
"""Such tiles of a strip, about."""


@dataclass(frozen=True)
class Shape:
    """The sizes of one convolution; one of single elements may have its rows cut anew."""

    groups: int
    inputs: int
    outputs: int
    size: Size
    made: Size
    window: Window

    @classmethod
    def of(cls, kernel: Convolution, made: Size) -> Shape:
        """The sizes of a kernel that makes a map of size `made`."""
        groups, size = kernel.groups, kernel.size
        window = kernel.window
        pads = (*window.sides(0), *window.sides(1))
        if window.kernel == (1, 1) and window.stride == (1, 1) and not any(pads):
            size = made = _cut(size)
        inputs = len(kernel.terms) // groups
        return cls(groups, inputs, kernel.outputs // groups, size, made, window)

    @property
    def taps(self) -> int:
        return self.window.kernel[0] * self.window.kernel[1]

    @property
    def weights(self) -> int:
        """Of all groups."""
        return self.groups * self.outputs * self.inputs * self.taps

    @cached_property
    def is_winograd(self) -> bool:
        """Whether tiles of 4x4 outputs save more products than they cost."""
        window = self.window
        is_plain = (window.kernel, window.stride, window.dilation) == ((3, 3), (1, 1), (1, 1))
        return is_plain and self.inputs * self.outputs >= _DENSE and min(self.made) > 3

    @cached_property
    def strip(self) -> int:
        """Rows of the output at once; of tiles, as even as they can be."""
        rows, columns = self.made
        if self.is_winograd:
            down, most = ceil(rows / 4), max(1, _TILES // ceil(columns / 4))
            return 4 * ceil(down / ceil(down / most))
        is_long = self.outputs * self.inputs * self.taps > _MANY
        return min(rows, ceil((_LONG if is_long else _RUN) / columns))

    @property
    def reach(self) -> int:
        """Rows from a window's first to its last."""
        return (self.window.kernel[0] - 1) * self.window.dilation[0]

    @property
    def ring_rows(self) -> int:
        """Rows of what it reads that are kept."""
        return (self.strip - 1) * self.window.stride[0] + self.reach + 1

    @property
    def back_rows(self) -> int:
        """Rows of what it makes whose gradients are kept."""
        return self.strip + self.reach // self.window.stride[0] + 1

    @property
    def row(self) -> int:
        """Places of a row that is kept, with those around it; odd, for the cache's sake."""
        last = (self.made[1] - 1) * self.window.stride[1]
        last += (self.window.kernel[1] - 1) * self.window.dilation[1] + 1
        return (max(last, self.window.sides(1)[0] + self.size[1]) + 3 * self.is_winograd) | 1

    @property
    def back_row(self) -> int:
        """The same of a row of gradients."""
        stride, pad = self.window.stride[1], self.window.sides(1)[0]
        left = max(0, -((pad - (self.window.kernel[1] - 1) * self.window.dilation[1]) // stride))
        last = max((self.size[1] - 1 + pad) // stride + 1, self.made[1])
        return (left + last + 3 * self.is_winograd) | 1

    @property
    def strips(self) -> list[int]:
        """The rows of each strip of the output; the last can have fewer."""
        rows = self.made[0]
        return [min(self.strip, rows - first) for first in range(0, rows, self.strip)]

    @property
    def back_strips(self) -> list[int]:
        """Rows of the input whose gradients are computed at once: those that a strip completes."""
        stride, top = self.window.stride[0], self.window.sides(0)[0]
        step, done, last = self.strip * stride, 0, 0
        result = []
        for rows in self.strips:
            last += rows
            until = self.size[0] if last == self.made[0] else min(self.size[0], last * stride - top)
            while done < until:
                result.append(min(step, until - done))
                done += result[-1]
        return result

    @property
    def back_widths(self) -> list[int]:
        """The widths of the rows that are computed at once on the way back, one for each phase."""
        stride, width = self.window.stride[1], self.size[1]
        if self.is_winograd:
            return [_tiles(width, rows) for rows in self.back_strips]
        return [ceil((width - phase) / stride) for phase in range(min(stride, width))]

    @property
    def sums(self) -> int:
        """Vectors of the sums of weights that are kept."""
        each = 36 if self.is_winograd else self.taps
        kept = self.outputs * self.inputs * each if self.strip < self.made[0] else 0
        return kept + MOST * MOST

    @property
    def pairs(self) -> int:
        """What the gradient of an output channel is multiplied with at once."""
        return self.inputs * (1 if self.is_winograd else self.window.kernel[1])

    @property
    def widths(self) -> list[int]:
        """The widths of the rows that are computed at once."""
        if self.is_winograd:
            return [_tiles(self.made[1], rows) for rows in self.strips]
        return [self.made[1]]

    @property
    def packed(self) -> int:
        """Numbers of the weights as tiles read them, in one direction."""
        return self.weights * 4 if self.is_winograd else self.weights

    @property
    def scratch(self) -> int:
        """Vectors that it needs beside the maps."""
        ring = self.ring_rows * self.row * self.inputs
        ahead = ring + self.strip * self.made[1] * self.outputs
        back = self.back_rows * self.back_row * self.outputs + ring + self.sums
        back += self.strip * self.window.stride[0] * self.size[1] * self.inputs
        tiles = 0
        if self.is_winograd:
            most = _tiles(max(self.made[1], self.size[1]), self.strip)
            tiles = 36 * ((self.inputs + self.outputs) * most + 2)
        return max(ahead, back) + tiles


def _tiles(columns: int, rows: int) -> int:
    """Tiles of 4x4 that cover so many places."""
    return ceil(columns / 4) * ceil(rows / 4)


def _cut(size: Size) -> Size:
    """The same places in rows of a good length."""
    places = size[0] * size[1]
    widths = [width for width in range(1, min(places, _RUN) + 1) if places % width == 0]
    return places // widths[-1], widths[-1]
