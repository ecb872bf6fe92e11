"""Several maps as one."""

from __future__ import annotations

from math import prod
from typing import ClassVar

from ...support.errors import ShapeError
from ..dims import Shape, can_equal, format_shape
from ..layer import Layer, Ops, kind


class _Join(Layer):
    """Element by element over maps of one shape.

    A size of 1 stands for as many as the others have there, as PyTorch broadcasts.
    """

    __slots__ = ()
    in_place = True
    verb: ClassVar[str]
    """What a message says that it cannot do: `add {} to {}`."""
    operation: ClassVar[str]
    """The elementary operation on each element."""

    def infer(self, *inputs: Shape) -> Shape:
        first = inputs[0]
        for other in inputs[1:]:
            joined = _broadcast(first, other)
            if joined is None:
                shapes = format_shape(other), format_shape(first)
                raise ShapeError(f"cannot {self.verb.format(*shapes)}")
            first = joined
        return first

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        return Ops(**{self.operation: (len(inputs) - 1) * prod(output)})

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        return tuple(range(1) if shape[0] == 1 else range(channel, channel + 1) for shape in inputs)


def _broadcast(one: Shape, other: Shape) -> Shape | None:
    """The shape of both together; None where they do not fit."""
    if len(one) != len(other):
        return None
    sizes = []
    for a, b in zip(one, other, strict=True):
        if isinstance(b, int) and b == 1:
            sizes.append(a)
        elif isinstance(a, int) and a == 1:
            sizes.append(b)
        elif can_equal(a, b):
            sizes.append(a)
        else:
            return None
    return tuple(sizes)


@kind("add")
class Add(_Join):
    """Sum, element by element."""

    arity = (2, None)
    symmetric = True
    verb = "add {} to {}"
    operation = "add"


@kind("multiply")
class Multiply(_Join):
    """Product, element by element: what squeeze-and-excite does with (C, 1, 1)."""

    arity = (2, None)
    symmetric = True
    verb = "multiply {} with {}"
    operation = "mul"


@kind("subtract")
class Subtract(_Join):
    """The first less the second, element by element."""

    arity = (2, 2)
    verb = "subtract {} from {}"
    operation = "add"

    @property
    def keeps_sign(self) -> bool:
        return False


@kind("divide")
class Divide(_Join):
    """The first over the second, element by element."""

    arity = (2, 2)
    verb = "divide by {} a map of {}"
    operation = "div"


@kind("maximum")
class Maximum(_Join):
    """The largest, element by element."""

    arity = (2, None)
    symmetric = True
    verb = "compare {} with {}"
    operation = "compare"


@kind("minimum")
class Minimum(_Join):
    """The smallest, element by element."""

    arity = (2, None)
    symmetric = True
    verb = "compare {} with {}"
    operation = "compare"


@kind("concat")
class Concat(Layer):
    """One after the other along the channels, `(C1, H, W), ... -> (C1 + ..., H, W)`.

    Vectors become a longer one. All sizes but the first are equal.
    """

    arity = (1, None)

    def infer(self, *inputs: Shape) -> Shape:
        channels, *sizes = inputs[0]
        for other in inputs[1:]:
            if len(other) != len(inputs[0]) or not all(map(can_equal, other[1:], sizes)):
                raise ShapeError(
                    f"cannot concatenate {format_shape(other)} with {format_shape(inputs[0])}"
                )
            channels = channels + other[0]
        return (channels, *sizes)

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        items = []
        for shape in inputs:
            items.append(range(channel, channel + 1) if 0 <= channel < shape[0] else range(0))
            channel -= shape[0]
        return tuple(items)
