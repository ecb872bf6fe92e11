"""A network as operators of PyTorch with their sizes, whether a module or a file holds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from ...ir.dims import Shape
from ...ir.graph import Decision


class Batch(NamedTuple):
    """A size that is a multiple of the number of images."""

    times: int


Size = int | Batch
Sizes = tuple[Size, ...]


class Ref(NamedTuple):
    """An argument that is another operation's result, an input or a tensor."""

    name: str


class Frame(NamedTuple):
    """A module in whose `forward` an operation stands."""

    key: str
    """Another one for each call of the module."""
    path: str
    """Its name in the network: `layer1.0.conv1`."""
    class_name: str


@dataclass(frozen=True, eq=False)
class Operation:
    """An operator with its arguments and what it gives."""

    results: tuple[str, ...]
    """The name of each tensor that it gives."""
    operator: str
    """As PyTorch calls it, without the overload: `aten.conv2d`."""
    overload: str
    arguments: Mapping[str, Any]
    """By the operator's own names: numbers, texts, `Ref`, `Batch`, and lists of these."""
    sizes: tuple[Sizes, ...]
    """Of each tensor that it gives."""
    types: tuple[str, ...]
    """Of each tensor that it gives: `float32`."""
    stack: tuple[Frame, ...]
    source: tuple[Decision, ...]
    """The line of the source, or nothing."""
    is_view: bool | None = None
    """Whether what it gives lies in the memory of what it reads first; None if unknown."""

    @property
    def word(self) -> str:
        """The operator alone, whether it works in place or not, by its first name: `relu`."""
        word = self.operator.removeprefix("aten.").rstrip("_")
        return _ALIASES.get(word, word)

    @property
    def in_place(self) -> bool:
        """Whether it changes its first argument."""
        return self.operator.endswith("_") and not self.operator.endswith("__")

    @property
    def reads(self) -> list[str]:
        """The names of what it reads, in order."""
        return references(list(self.arguments.values()))

    def __getitem__(self, argument: str) -> Any:
        """An argument; None where it is not given."""
        return self.arguments.get(argument)


_ALIASES = {
    "absolute": "abs", "clip": "clamp", "concat": "cat", "concatenate": "cat", "divide": "div",
    "multiply": "mul", "negative": "neg", "subtract": "sub", "swapaxes": "transpose",
    "swapdims": "transpose", "true_divide": "div",
}  # fmt: skip
"""PyTorch's other names of its operators."""


@dataclass(frozen=True)
class Tensor:
    """A parameter, buffer or constant of the network; `of` makes one of a tensor of PyTorch."""

    name: str
    """In the state dict; the same for tensors that are one."""
    shape: Shape
    type: str
    is_parameter: bool
    read: Callable[[], Any] | None
    """Gives the tensor of PyTorch; None on the meta device."""
    is_frozen: bool = False
    """Whether it is a parameter that training leaves as it is."""

    @classmethod
    def of(cls, name: str, value: Any, *, is_parameter: bool) -> Tensor:
        """What a trace knows of a tensor of PyTorch."""
        read = None if value.is_meta else partial(_itself, value)
        frozen = is_parameter and not value.requires_grad
        return cls(name, tuple(value.shape), type_of(value), is_parameter, read, frozen)


def type_of(value: Any) -> str:
    """The type of a tensor's elements: `float32`."""
    return str(value.dtype).removeprefix("torch.")


def memory_of(value: Any) -> int:
    """A number for the memory in which a tensor lies."""
    return int(value.untyped_storage()._cdata)


def _itself(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Trace:
    """A network as PyTorch runs it."""

    name: str
    inputs: Mapping[str, tuple[str, Sizes, str]]
    """The name of the argument, the sizes and the type of each input."""
    tensors: Mapping[str, Tensor]
    operations: tuple[Operation, ...]
    outputs: tuple[str, ...]
    batch: int | None
    """The number of images where sizes do not say which of them are multiples of it."""


def references(value: Any) -> list[str]:
    """The names in nested arguments."""
    if isinstance(value, Ref):
        return [value.name]
    if isinstance(value, list):
        return [name for item in value for name in references(item)]
    return []
