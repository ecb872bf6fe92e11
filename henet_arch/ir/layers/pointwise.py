"""Functions of each element alone."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import field
from math import prod
from operator import eq
from typing import Any

from ...support.errors import LayerError, look_up
from ..attributes import number
from ..dims import Dim, Shape
from ..functions import FUNCTIONS, Function
from ..layer import Layer, Ops, check_names, kind
from ._fit import expect


@kind(*FUNCTIONS)
class Elementwise(Layer):
    """A function of each element alone, any shape.

    `Elementwise("relu")`, `Elementwise("leaky_relu", (0.2,))`, or by name
    `Elementwise.of("leaky_relu", {"negative_slope": 0.2})`. The functions are the rows of
    `FUNCTIONS`, and each is a kind of layer by its name.
    """

    name: str
    settings: tuple[float, ...] = ()
    """The values of the function's parameters, in its order; those that are not given are usual."""
    kind: str = field(init=False, repr=False, compare=False)
    in_place = True

    def check(self) -> None:
        usual = self.function.parameters
        object.__setattr__(self, "kind", self.name)
        object.__setattr__(self, "settings", _settings(self.settings, usual))
        if self.function.fault and (what := self.function.fault(*self.settings)):
            raise LayerError(what, where=f"a {self.name} layer")

    @classmethod
    def of(cls, kind: str, attributes: Mapping[str, Any]) -> Elementwise:
        usual = look_up(kind, FUNCTIONS, "function").parameters
        check_names(kind, attributes, usual)
        return cls(kind, tuple(attributes.get(name, value) for name, value in usual.items()))

    @property
    def function(self) -> Function:
        """What is known of the function."""
        return look_up(self.name, FUNCTIONS, "function")

    def attributes(self) -> dict[str, Any]:
        return dict(zip(self.function.parameters, self.settings, strict=True))

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        elements = prod(output)
        own = self.function.ops_of(self.settings)
        return Ops(*[each and elements * each for each in own])

    @property
    def form(self) -> Hashable:
        usual = self.function.parameters.values()
        return self.function.expression and tuple(map(eq, self.settings, usual))

    @property
    def never_negative(self) -> bool:
        return self.function.never_negative

    @property
    def keeps_positive(self) -> bool:
        return self.function.keeps_positive

    @property
    def keeps_sign(self) -> bool:
        if self.name in ("affine", "clip"):
            return all(setting >= 0 for setting in self.settings)
        return self.name != "log"


def _settings(given: Any, usual: Mapping[str, float]) -> tuple[float, ...]:
    if not isinstance(given, tuple | list) or len(given) > len(usual):
        taken = ", ".join(usual) or "none"
        raise LayerError(f"settings = {given!r:.99}", why="they are numbers", fix=f"for {taken}")
    values = (*given, *list(usual.values())[len(given) :])
    return tuple(number(name, value) for name, value in zip(usual, values, strict=True))


@kind("dropout")
class Dropout(Layer):
    """In training each element is 0 with probability `p`; at inference nothing, any shape."""

    p: float = 0.5
    in_place = True

    def check(self) -> None:
        if not 0 <= self.p < 1:
            raise LayerError(f"a dropout of {self.p} is not in 0 <= p < 1")


@kind("prelu")
class PReLU(Layer):
    """Elements below 0 times a learnt slope, one for each channel or one for all, any shape.

    Source: `torch.nn.PReLU`.
    """

    channels: Dim = 1
    """How many slopes there are: as many as channels, or 1."""
    in_place = True

    def infer(self, *inputs: Shape) -> Shape:
        if self.channels != 1:
            expect("channels", self.channels, inputs[0][0])
        return inputs[0]

    def weights(self) -> dict[str, Shape]:
        return {"weight": (self.channels,)}

    def ops(self, inputs: tuple[Shape, ...], output: Shape) -> Ops:
        return Ops(compare=prod(output), mul=prod(output))
