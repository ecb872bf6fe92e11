"""What computes maps from others: convolutions, pools, sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...ir.dims import Window
from ...ir.graph import Node
from .values import Size, Terms, View


@dataclass(frozen=True)
class Kernel:
    """Computes one stored map. A kernel of this very class brings the image."""

    map: int
    terms: tuple[Terms, ...]
    """For each channel that it reads, the views that add up to it."""
    size: Size
    """Of what it reads."""

    @property
    def views(self) -> Sequence[View]:
        """All views that it reads."""
        return [view for terms in self.terms for view in terms]

    @property
    def reads_back(self) -> bool:
        """Whether its backward pass reads them again."""
        return False


@dataclass(frozen=True)
class Convolution(Kernel):
    """A convolution, or a linear layer as one of a single place."""

    node: Node
    window: Window
    groups: int
    outputs: int
    """Of all groups."""
    has_bias: bool

    @property
    def reads_back(self) -> bool:
        return True


@dataclass(frozen=True)
class Pool(Kernel):
    """The mean or the largest element of each window."""

    window: Window
    largest: bool
    counts_padding: bool = True
    divisor: int | None = None
    """What sums are divided by; None for the elements of each window."""

    @property
    def reads_back(self) -> bool:
        return self.largest


@dataclass(frozen=True)
class Sum(Kernel):
    """Views added up, each element by itself, and multiplied by what a dropout keeps."""

    dropout: int | None = None
    """The index of the dropout."""
