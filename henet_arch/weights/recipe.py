"""A tensor made of channels of others, which are read when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ..ir.dims import Shape
from ..support.optional import need

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Piece(NamedTuple):
    """Channels of one of our tensors, and where they are in one of theirs."""

    source: str
    """The name of theirs."""
    shape: Shape
    """The shape of theirs."""
    groups: int
    """The groups of their layer where the input is the tensor's first axis; else 0."""
    ours: tuple[int, ...]
    theirs: tuple[int, ...]
    columns: tuple[int, ...] = ()
    """For each channel that ours reads, its place among those that theirs reads; () for a tensor
    that says nothing of what is read."""


@dataclass(frozen=True)
class Recipe:
    """What one of our tensors is made of; channels that no piece has are zeros."""

    shape: Shape
    groups: int
    """The groups of our layer where the input is the tensor's first axis; else 0."""
    pieces: tuple[Piece, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of theirs."""
        return tuple(dict.fromkeys(piece.source for piece in self.pieces))

    @property
    def is_plain(self) -> bool:
        """Whether it is one of theirs as it stands."""
        return len(self.sources) == 1 and all(
            piece.shape == self.shape
            and piece.ours == piece.theirs
            and piece.columns == tuple(range(len(piece.columns)))
            for piece in self.pieces
        )

    def made(self, read: Callable[[str], NDArray[Any]]) -> NDArray[Any]:
        """The tensor, from those that `read` gives by name."""
        if self.is_plain:
            return read(self.sources[0])
        np = need("numpy", "weights")
        rows = by_output(np.zeros(self.shape, np.float32), self.groups)
        for name in self.sources:
            values = read(name)
            rows = rows.astype(np.result_type(rows, values))
            for piece in (piece for piece in self.pieces if piece.source == name):
                channels = by_output(values, piece.groups)[list(piece.theirs)]
                rows[list(piece.ours)] = (
                    channels[:, list(piece.columns)] if piece.columns else channels
                )
        return by_output(rows, self.groups)


def by_output(values: NDArray[Any], groups: int) -> NDArray[Any]:
    """A tensor with the output's channels first, where it has the input's; and back.

    Args:
        values: `(in, out / groups, ...)`, or `(out, in / groups, ...)`.
        groups: 0 for a tensor that has the output's channels first.
    """
    if not groups:
        return values
    first, second, *rest = values.shape
    apart = values.reshape(groups, first // groups, second, *rest).swapaxes(1, 2)
    return apart.reshape(groups * second, first // groups, *rest)


def plain(source: str, shape: Shape) -> Recipe:
    """One of their tensors as it stands."""
    return Recipe(shape, 0, (Piece(source, shape, 0, (), ()),))


def plains(pairs: Mapping[str, str], shapes: Mapping[str, Shape]) -> dict[str, Recipe]:
    """Tensors of ours, each one of theirs as it stands.

    Args:
        pairs: The name of theirs, by the name of ours.
        shapes: The shapes of ours.
    """
    return {own: plain(other, shapes[own]) for own, other in pairs.items()}
