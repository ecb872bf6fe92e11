"""An ONNX graph with its sizes known: operators, and the values between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

from ...ir.dims import format_shape
from ...support.errors import FileError, HenetArchError, ShapeError
from .constant import Constant, plain

Sizes = tuple[int, ...]
"""All sizes of a value, the batch among them."""


@dataclass(eq=False)
class Value:
    """What one operator gives and others read.

    Attributes:
        name: As the file calls it.
        shape: Its sizes with the batch; None where they are unknown.
        type: The type of its elements, as numpy calls it; "" where it is unknown.
        constant: Its elements, where they do not depend on the inputs.
        computed: Whether it depends on what comes in.
        batched: Whether the first of its sizes is the batch.
        producer: What gives it; None for an input or a constant.
        users: How many times operators or the outputs of the network read it.
        measured: Whether an operator that is folded reads its sizes.
    """

    name: str
    shape: Sizes | None
    type: str
    constant: Constant | None = None
    computed: bool = False
    batched: bool = False
    producer: Op | None = field(default=None, repr=False)
    users: int = 0
    measured: bool = False

    @property
    def rank(self) -> int:
        """The number of its axes, -1 where it is unknown."""
        return -1 if self.shape is None else len(self.shape)

    @property
    def image_shape(self) -> Sizes:
        """Its sizes for one image; (1,) for a single number or where they are unknown."""
        sizes = self.shape or ()
        own = sizes[1:] if self.batched else sizes
        return own if own and all(own) else (1,)


@dataclass(frozen=True)
class Place:
    """Where an operator stands.

    Attributes:
        name: As the file calls it, or else what it gives.
        named: Whether the file calls it so itself, or what it gives has a word for a name.
        layer: The layer that it is a part of, in a file that we wrote; "" in others.
        index: The number of its node in the file's list.
        kind: Its operator in the file.
        scopes: The modules around it, where the exporter wrote them.
        line: The line of the program that it comes from, where the exporter wrote it.
    """

    name: str
    index: int
    kind: str
    scopes: tuple[str, ...] = ()
    line: str = ""
    named: bool = True
    layer: str = ""

    def __str__(self) -> str:
        """As messages have it: `Conv node 17 '/stem/Conv'`."""
        name = f" {self.name[:99]!r}" if self.name else ""
        return f"{self.kind[:99]} node {self.index}{name}"


class Missing(HenetArchError):  # noqa: N818  (it says what is missing)
    """What an operator needs and this importer does not know, such as a computed size."""


@dataclass(eq=False)
class Op:
    """An operator with its inputs; None stands for one that is left out."""

    kind: str
    inputs: tuple[Value | None, ...]
    outputs: tuple[Value, ...]
    place: Place
    attributes: Mapping[str, Any] = field(default_factory=dict)
    domain: str = ""
    version: int = 1
    alive: bool = True
    """Whether it has not been replaced."""

    def has(self, index: int) -> bool:
        """Whether there is an input of that number."""
        return index < len(self.inputs) and self.inputs[index] is not None

    def value(self, index: int) -> Value:
        """The input of that number.

        Raises:
            FileError: it has none.
        """
        value = self.inputs[index] if index < len(self.inputs) else None
        if value is None:
            raise FileError(f"{self.place} has no input {index + 1}", fix="export it again")
        return value

    @property
    def data(self) -> list[Value]:
        """The inputs that depend on what comes in."""
        return [v for v in self.inputs if v is not None and v.constant is None]

    @property
    def output(self) -> Value:
        return self.outputs[0]

    def shape(self, index: int = 0) -> Sizes:
        """The sizes of an input.

        Raises:
            Missing: they are unknown.
        """
        shape = self.value(index).shape
        if shape is None:
            raise Missing(f"the sizes of input {index + 1} of {self.place} are unknown")
        return shape

    def integer(self, name: str, usual: int = 0) -> int:
        value: int = self._attribute(name, usual, int)
        return value

    def real(self, name: str, usual: float = 0.0) -> float:
        value = self.attributes.get(name, usual)
        return float(value) if isinstance(value, int) else self._attribute(name, usual, float)

    def text(self, name: str, usual: str = "") -> str:
        value: str = self._attribute(name, usual, str)
        return value

    def integers(self, name: str) -> Sizes | None:
        """A list of whole numbers; None where it is left out."""
        value = self.attributes.get(name)
        if value is None:
            return None
        if not isinstance(value, tuple) or not all(isinstance(n, int) for n in value):
            raise self.refused(name)
        return value

    def setting(self, name: str, index: int) -> Sizes | None:
        """Whole numbers that older versions have as an attribute and later ones as an input.

        Raises:
            Missing: the input is computed.
        """
        if name in self.attributes or not self.has(index):
            value = self.attributes.get(name)
            return (value,) if isinstance(value, int) else self.integers(name)
        return self.numbers(index)

    def numbers(self, index: int) -> Sizes:
        """The elements of an input that holds a few whole numbers.

        Raises:
            Missing: they are computed.
        """
        return tuple(int(n) for n in self._elements(index))

    def reals(self, index: int) -> tuple[float, ...]:
        """The elements of an input that holds a few numbers.

        Raises:
            Missing: they are computed.
        """
        type_ = self.value(index).type
        return tuple(plain(float(n), type_) for n in self._elements(index))

    def limit(self, name: str, index: int, usual: float) -> float:
        """A number that older versions have as an attribute and later ones as an input.

        Raises:
            Missing: the input is computed, or no single number.
        """
        if name in self.attributes or not self.has(index):
            return self.real(name, usual)
        elements = self.reals(index)
        if len(elements) != 1:
            raise Missing(f"input {index + 1} of {self.place} has {len(elements)} elements")
        return elements[0]

    def refused(self, name: str) -> FileError:
        """What to say of an attribute that cannot be."""
        return FileError(
            f"{self.place} has {name} = {self.attributes.get(name)!r:.99}", fix="export it again"
        )

    def _elements(self, index: int) -> Sequence[Any]:
        constant = self.value(index).constant
        if constant is None:
            raise Missing(f"input {index + 1} of {self.place} is computed")
        small = constant.small()
        if small is None:
            raise Missing(f"input {index + 1} of {self.place} has many elements")
        elements: Sequence[Any] = small.ravel().tolist()
        return elements

    def _attribute(self, name: str, usual: Any, kind: type) -> Any:
        value = self.attributes.get(name, usual)
        if type(value) is not kind:
            raise self.refused(name)
        return value


def misfit(op: Op, why: str) -> ShapeError:
    """What to say of an operator that does not fit its inputs."""
    shapes = ", ".join(
        "" if v is None else format_shape(v.shape) if v.shape else "?" for v in op.inputs
    )
    return ShapeError(f"{op.place} does not fit its inputs", where=f"inputs {shapes}", why=why)


def axis_of(op: Op, axis: int, rank: int) -> int:
    """An axis counted from the front.

    Raises:
        ShapeError: there is no such axis.
    """
    if not -rank <= axis < rank:
        raise misfit(op, f"axis {axis} of {rank}")
    return axis % rank


def elements(shape: Sizes) -> int:
    """How many elements a value of that shape has."""
    return prod(shape)


@dataclass
class Network:
    """All operators in order, with what comes in and what goes out."""

    name: str
    inputs: list[Value]
    ops: list[Op]
    outputs: list[Value]
    batch: int
    title: str = ""
    """What the network is called in a file that we wrote; "" in others."""
