"""What kernels hold at once, by the number of vector registers that an instruction set has."""

from __future__ import annotations

from typing import NamedTuple


class Room(NamedTuple):
    """How much fits the registers, and the caches of the cores that have so many of them."""

    sums: int
    """Sums of vectors, beside what they multiply."""
    taps: int
    """Products of a piece of a sum by lanes of output channels: the weights of a panel's piece, or
    of the part whose sums are made at once, stay in the nearest cache."""
    cached: int
    """Elements of the planes of a group that stay near for the next block of output channels; of
    more, half as many are read at a time."""
    band: int
    """Elements of a plane, at least and in multiples of which it is cut to bands."""


ROOM = {32: Room(24, 256, 1 << 20, 512), 16: Room(12, 64, 1 << 13, 96)}
"""32 registers are those of AVX-512 and of 64-bit ARM, 16 those of AVX2 and SSE."""
