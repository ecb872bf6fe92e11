"""Sizes and the arithmetic of windows, written so that they hold for symbols too.

A dimension is an int, or a sympy expression where a size is left open. Nothing here compares two
dimensions with `==` or `!=` to decide validity: a relation between symbols can be unknown, which
is neither true nor false. Ask `divides`, `can_equal`, `certainly_below` or `certainly_equal`, which
answer only what is certain.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from sympy import Expr

    Dim: TypeAlias = int | Expr
else:
    Dim = int

Amount: TypeAlias = Dim
"""A number of things that may be none."""

Shape: TypeAlias = tuple[Dim, ...]
"""Sizes without the batch: `(C, H, W)` for maps, `(F,)` for vectors."""

Pair: TypeAlias = tuple[int, int]
"""One number for the height and one for the width."""


Amounts: TypeAlias = tuple[int, int]
"""The same where each may be none."""

Factors: TypeAlias = tuple[float, float] | None
"""One factor for the height and one for the width, or none at all."""

Word: TypeAlias = str
"""A short text in one line."""

Shapes: TypeAlias = tuple[Shape, ...]

Tensors: TypeAlias = tuple[tuple[str, Shape], ...]
"""Names and shapes."""

Cost: TypeAlias = tuple[tuple[str, int], ...] | None
"""Names and numbers of elementary operations; None where they are unknown."""

Sides: TypeAlias = tuple[int, int, int, int]
"""One number for what is above, below, left and right."""

Padding: TypeAlias = Pair | Sides
"""Elements around a map; by side only where the two sides of the height or width differ."""


class Window(NamedTuple):
    """What a sliding layer reads at once: sizes in elements, as (height, width)."""

    kernel: Pair
    stride: Pair
    padding: Padding
    dilation: Pair = (1, 1)
    ceil_mode: bool = False

    def output(self, height: Dim, width: Dim) -> tuple[Dim, Dim]:
        """Output height and width as PyTorch has them, rounded down or, in `ceil_mode`, up.

        Rounded up, the last window reaches over the far edge, but starts before it.
        """
        return self._along(0, height), self._along(1, width)

    def sides(self, axis: int) -> Pair:
        """The padding before and after a map along the height (0) or the width (1)."""
        if len(self.padding) == 4:
            return self.padding[2 * axis], self.padding[2 * axis + 1]
        return self.padding[axis], self.padding[axis]

    def taps(self, height: Dim, width: Dim) -> Dim:
        """How many elements all windows over one channel read, padding among them."""
        if not self.ceil_mode:
            below, right = self.output(height, width)
            return below * right * self.kernel[0] * self.kernel[1]
        return self._taps(0, height) * self._taps(1, width)

    def _along(self, axis: int, size: Dim) -> Dim:
        stride, (before, after) = self.stride[axis], self.sides(axis)
        reach = self.dilation[axis] * (self.kernel[axis] - 1) + 1
        room = size + before + after - reach
        if not self.ceil_mode:
            return (room if stride == 1 else room // stride) + 1  # symbols take their time
        last = (room + stride - 1) // stride
        if self.kernel[axis] - after >= stride:
            return last + 1  # the last window starts before the far edge, whatever the size is
        if not isinstance(size, int):
            raise TypeError(f"a size rounded up needs numbers, not {size}")
        return last if certainly_below(size + before - 1 - last * stride, 0) else last + 1

    def _taps(self, axis: int, size: Dim) -> Dim:
        """An overhang is cut off, as in PyTorch's pooling."""
        count = self._along(axis, size)
        end = (count - 1) * self.stride[axis] + self.kernel[axis]
        over = end - size - sum(self.sides(axis))
        cut = isinstance(over, int) and over < 0  # by the far edge: an open size has no such end
        return count * self.kernel[axis] - (0 if cut else over)


class Condition(NamedTuple):
    """What is taken for granted of two sizes, since symbols leave it open."""

    relation: Literal["divides", "differs", "equals", "at-most"]
    """`first` divides `second`, is another number, the same, or no larger."""
    first: Dim
    second: Dim
    required: bool = False
    """Whether there is no network where it is not met, and not just another one."""


_taken: ContextVar[list[Condition] | None] = ContextVar("taken", default=None)


@contextmanager
def conditions() -> Iterator[list[Condition]]:
    """All that is taken for granted within, in order."""
    items: list[Condition] = []
    token = _taken.set(items)
    try:
        yield items
    finally:
        _taken.reset(token)


def divides(divisor: Dim, number: Dim, *, required: bool = True) -> bool | None:
    """Whether `divisor` divides `number`; None where symbols leave it open.

    Who asks must refuse a False: an open answer becomes a condition of all that follows; of what
    costs are counted, and not of the network, where it is not `required`.
    """
    remainder = number % divisor
    if isinstance(remainder, int):
        return remainder == 0
    if remainder.is_zero is None:
        _take(Condition("divides", divisor, number, required))
    return remainder.is_zero  # type: ignore[no-any-return]


def can_equal(a: Dim, b: Dim) -> bool:
    """False where two sizes are certain to differ.

    Who asks must refuse a False: that open ones are equal becomes a condition of all that follows.
    """
    difference = a - b
    if isinstance(difference, int):
        return difference == 0
    if difference.is_zero is None:
        _take(Condition("equals", a, b, required=True))
    return difference.is_zero is not False


def certainly_equal(a: Shape, b: Shape) -> bool:
    """Whether all sizes are certain to be equal; that open ones are not becomes a condition."""
    if len(a) != len(b):
        return False
    for first, second in zip(a, b, strict=True):
        difference = first - second
        equal = difference == 0 if isinstance(difference, int) else difference.is_zero
        if equal is None:
            _take(Condition("differs", first, second))
        if not equal:
            return False
    return True


def _take(condition: Condition) -> None:
    taken = _taken.get()
    if taken is not None:
        taken.append(condition)


def certainly_below(size: Dim, bound: int) -> bool:
    """Whether `size < bound` is certain; an open question counts as no, on that condition."""
    return _below(size, bound, required=False)


def require_at_least(size: Dim, bound: int) -> bool:
    """Whether `size` is no less than `bound`; where that is open, it becomes a condition."""
    return not _below(size, bound, required=True)


def _below(size: Dim, bound: int, *, required: bool) -> bool:
    relation = size < bound
    if isinstance(relation, bool):
        return relation
    if relation not in (True, False):  # sympy's, and open
        _take(Condition("at-most", bound, size, required))
    return bool(relation == True)  # noqa: E712  (sympy's true is not Python's)


def ratio(number: Dim, other: Dim) -> Dim | Fraction:
    """`number / other`, exactly."""
    if isinstance(number, int) and isinstance(other, int):
        return Fraction(number, other)
    return number / other


def plain_ints(shape: Shape) -> Shape:
    """The shape with ints for numbers that symbols left behind: (48 - C) + C is sympy's 48."""
    for size in shape:
        if not isinstance(size, int):
            return tuple(int(s) if not isinstance(s, int) and s.is_Integer else s for s in shape)
    return tuple(shape)


def format_shape(shape: Shape) -> str:
    """A shape as people write it: `24x31x31`."""
    return "x".join(map(str, shape))
