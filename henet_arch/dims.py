"""Sizes and the arithmetic of windows, written so that they hold for symbols too.

A dimension is an int, or a sympy expression where a size is left open. Nothing here compares two
dimensions with `==` or `!=` to decide validity: a relation between symbols can be unknown, which
is neither true nor false. Ask `divides` or `is_below`, which answer only what is certain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from sympy import Expr

    Dim: TypeAlias = int | Expr
else:
    Dim = int

Shape: TypeAlias = tuple[Dim, ...]
"""Sizes without the batch: `(C, H, W)` for maps, `(F,)` for vectors."""

Pair: TypeAlias = tuple[int, int]
"""One number for the height and one for the width."""


class Window(NamedTuple):
    """What a sliding layer reads at once: sizes in elements, as (height, width)."""

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair = (1, 1)

    def output(self, height: Dim, width: Dim) -> tuple[Dim, Dim]:
        """Output height and width, rounded down as PyTorch's `Conv2d` does."""
        return self._along(0, height), self._along(1, width)

    def _along(self, axis: int, size: Dim) -> Dim:
        reach = self.dilation[axis] * (self.kernel[axis] - 1) + 1
        return (size + 2 * self.padding[axis] - reach) // self.stride[axis] + 1


def divides(divisor: Dim, number: Dim) -> bool | None:
    """Whether `divisor` divides `number`; None where symbols leave it open."""
    remainder = number % divisor
    return remainder == 0 if isinstance(remainder, int) else remainder.is_zero


def is_below(size: Dim, bound: int) -> bool:
    """Whether `size < bound` is certain; an open question counts as no."""
    relation = size < bound
    return relation is True or relation == True  # noqa: E712  (sympy's true is not Python's)


def show(shape: Shape) -> str:
    """A shape as people write it: `24x31x31`."""
    return "x".join(map(str, shape))
