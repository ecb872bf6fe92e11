"""The tensors of a module by state-dict key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from ...ir.dims import Shape
from ...ir.tensors import is_counter

T = TypeVar("T")


def outputs_of(given: T | tuple[T, ...]) -> tuple[T, ...]:
    """What a network gives, one tensor or array or several, the main one first."""
    return given if isinstance(given, tuple) else (given,)


def shapes_of(tensors: Mapping[str, Any]) -> dict[str, Shape]:
    """The shapes of a state dict's tensors or arrays, without the counters."""
    return {key: tuple(tensor.shape) for key, tensor in tensors.items() if not is_counter(key)}
