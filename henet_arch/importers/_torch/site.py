"""One operation at its place, as the rows that make layers of it see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from ...ir.dims import Shape
from ...ir.layer import Layer
from ...support.errors import ShapeError
from .constants import Constant
from .trace import Operation, Ref
from .values import Axes, Draft, Value, per_image, plain, viewed

Known = Value | Constant
Results = Known | list[Known] | None
"""What a row gives: the results, or None where no kind of layer describes the operation."""


@dataclass(frozen=True)
class Site:
    """An operation with what it reads.

    Attributes:
        operation: What is to become layers.
        readers: The operations that read a name.
        known: What is known by each name so far.
        materialised: The layer that gives a value as it is seen.
        claim: Takes over a later operation, whose only result is then this value.
        learnt: Whether a tensor is a parameter.
        makers: The operation that gives a name.
        padded: What was padded, by the name of the result; it may have been changed since.
    """

    operation: Operation
    readers: Callable[[str], list[Operation]]
    known: Mapping[str, Known]
    materialised: Callable[[Value, Operation], Draft]
    claim: Callable[[Operation, Known], None]
    learnt: Callable[[str], bool]
    makers: Mapping[str, Operation]
    padded: Mapping[str, Known]

    def __getitem__(self, argument: str) -> Any:
        return self.operation[argument]

    def given(self, argument: str) -> Any:
        """A value or constant where the argument is a tensor; otherwise the argument itself."""
        item = self.operation[argument]
        return self.known[item.name] if isinstance(item, Ref) else item

    def value(self, argument: str) -> Value:
        """A value.

        Raises:
            ShapeError: the argument is none.
        """
        item = self.given(argument)
        if not isinstance(item, Value):
            raise ShapeError(f"{argument} does not depend on the input")
        return item

    def constant(self, argument: str, shape: Shape | None = None) -> Constant | None:
        """A constant, or None where none is given.

        Raises:
            ShapeError: the argument depends on the input, or has another shape.
        """
        item = self.given(argument)
        if item is not None and not isinstance(item, Constant):
            raise ShapeError(f"{argument} depends on the input")
        if item is not None and shape is not None and item.shape != shape:
            raise ShapeError(f"{argument} has an unusual shape")
        return item

    def map(self, argument: str, rank: int = 3) -> Value:
        """A value that is seen as its layer gives it, of that rank.

        Raises:
            ShapeError: the argument is none.
        """
        return self.as_map(self.value(argument), rank)

    def as_map(self, value: Value, rank: int = 3) -> Value:
        """The value as a layer gives it.

        Raises:
            ShapeError: it has another rank, or is not one map for each image.
        """
        if not value.is_regular or len(value.axes) != rank:
            raise ShapeError(f"a value of the shape {value.shape}")
        if value.is_plain:
            return value
        return Value(self.materialised(value, self.operation), plain(rank), value.sizes)

    def draft(
        self, layer: Layer, *inputs: Draft, weights: Mapping[str, Constant] | None = None
    ) -> Draft:
        """A layer that reads these.

        Raises:
            ShapeError: it does not fit them.
        """
        shape = tuple(map(int, layer.infer(*(draft.shape for draft in inputs))))
        type_ = self.operation.types[0]
        return Draft(layer, inputs, shape, type_, self.operation, dict(weights or {}))

    def result(self, draft: Draft, axes: Axes | None = None, index: int = 0) -> Value:
        """The operation's result, as a view of what a layer gives.

        Raises:
            ShapeError: PyTorch's has another shape.
        """
        sizes = self.operation.sizes[index]
        axes = plain(len(draft.shape)) if axes is None else axes
        value = Value(draft, axes, sizes, self.operation)
        if prod(viewed(draft, axes)) != prod(value.shape) or (
            value.is_regular and viewed(draft, axes) != value.shape and value.shape != (1,)
        ):
            raise ShapeError(
                f"{draft.layer.kind} gives {viewed(draft, axes)}, and PyTorch {value.shape}"
            )
        return value

    @property
    def shape(self) -> Shape:
        """Of the first result, for one image."""
        return per_image(self.operation.sizes[0])

    def only_reader(self, operation: Operation, word: str = "") -> Operation | None:
        """The operation that alone reads the one result of another, if it is of that word."""
        found = self.readers(operation.results[0])
        if (
            len(operation.results) != 1
            or len(found) != 1
            or found[0].reads.count(operation.results[0]) != 1
        ):
            return None
        return found[0] if not word or found[0].word == word else None

    def is_learnt(self, constant: Constant) -> bool:
        """Whether a parameter is among what a constant is made of."""
        return any(self.learnt(source) for source in constant.sources)
