"""The tensors of a module by state-dict key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from ...ir.dims import Shape
from ...ir.tensors import is_counter

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import nn

T = TypeVar("T")


def outputs_of(given: T | tuple[T, ...]) -> tuple[T, ...]:
    """What a network gives, one tensor or array or several, the main one first."""
    return given if isinstance(given, tuple) else (given,)


def arrays_of(module: nn.Module) -> dict[str, NDArray[Any]]:
    """The tensors of a module's state dict as arrays."""
    return {key: tensor.numpy() for key, tensor in module.state_dict().items()}


def shapes_of(tensors: Mapping[str, Any]) -> dict[str, Shape]:
    """The shapes of a state dict's tensors or arrays, without the counters."""
    return {key: tuple(tensor.shape) for key, tensor in tensors.items() if not is_counter(key)}
