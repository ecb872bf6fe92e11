"""Between maps and vectors, and vectors to vectors."""

from __future__ import annotations

from math import prod

from ...support.errors import ShapeError
from ..dims import Dim, Shape, format_shape
from ..layer import Layer, Ops, kind
from ._fit import expect, require_positive


@kind("flatten")
class Flatten(Layer):
    """All elements in one vector, channel by channel, `(C, H, W) -> (C * H * W,)`."""

    in_place = True

    def infer(self, *inputs: Shape) -> Shape:
        return (prod(inputs[0]),)

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        source = channel // self.pixels(inputs)
        return (range(source, source + 1),)

    def pixels(self, inputs: tuple[Shape, ...]) -> int:
        return prod(map(int, inputs[0][1:]))


@kind("unflatten")
class Unflatten(Layer):
    """A vector as a map of one place, `(C,) -> (C, 1, 1)`."""

    in_place = True

    def infer(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 1:
            raise ShapeError(f"{self.kind} takes a vector, not {format_shape(inputs[0])}")
        return (*inputs[0], 1, 1)


@kind("linear")
class Linear(Layer):
    """Fully connected layer, `(F,) -> (F',)`.

    Source: `torch.nn.Linear`.
    """

    in_features: Dim
    out_features: Dim
    bias: bool = True

    def infer(self, *inputs: Shape) -> Shape:
        if len(inputs[0]) != 1:
            raise ShapeError(f"a linear layer takes a vector, not {format_shape(inputs[0])}")
        expect("input features", self.in_features, inputs[0][0])
        require_positive("out_features", self.out_features)
        return (self.out_features,)

    def weights(self) -> dict[str, Shape]:
        weight = (self.out_features, self.in_features)
        return {"weight": weight, "bias": (self.out_features,)} if self.bias else {"weight": weight}

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        return Ops(
            mac=self.in_features * self.out_features, add=self.out_features if self.bias else 0
        )

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        return (range(inputs[0][0]),)
