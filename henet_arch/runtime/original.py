"""The contract of every original: what runs a network in the framework that it comes from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ..ir.model import Origin

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays: TypeAlias = Sequence[NDArray[Any]]
else:
    Arrays = Sequence

Original: TypeAlias = Callable[[Origin, Arrays], Arrays]
"""From the origin and an array for each input, with a batch of one, to the outputs."""
