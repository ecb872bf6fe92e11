"""What layers read and make: planes of stored maps, seen through a batch norm and a function."""

from __future__ import annotations

from typing import NamedTuple

from ...ir.layers import Elementwise

Size = tuple[int, int]
"""Height and width."""


class Map(NamedTuple):
    """A map that is stored as it is made, before the batch norm and the function behind it."""

    channels: int
    size: Size

    @property
    def pixels(self) -> int:
        """Elements of one plane."""
        return self.size[0] * self.size[1]


class View(NamedTuple):
    """One plane of values: `function(norm(plane of a map))`, computed by whoever reads it."""

    map: int
    """The index of the stored map."""
    channel: int
    pixel: int | None = None
    """The one element that it is; None for the whole plane."""
    norm: int | None = None
    """The index of a batch norm's channel, among those of all norms."""
    function: Elementwise | None = None

    @property
    def is_bare(self) -> bool:
        """Whether it is the map as it is stored."""
        return self.norm is None and self.function is None


ZERO = View(-1, 0)
"""A plane of zeros, which no map has."""
Terms = tuple[View, ...]
"""What is added up; nothing is a plane of zeros."""


class Value(NamedTuple):
    """A layer's output: a view for each channel."""

    views: tuple[View, ...]
    size: Size


class Norm(NamedTuple):
    """One channel of a batch norm, and the plane whose statistics it needs."""

    layer: str
    """The layer that holds its factor, shift and running statistics."""
    owner: int
    """Which of the network's norms it is of."""
    channel: int
    map: int
    plane: int
    """The channel of the map."""
    repeat: int
    """How many earlier channels of the same norm are of the same plane."""
