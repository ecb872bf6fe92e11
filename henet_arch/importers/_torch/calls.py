"""A call of one of PyTorch's functions as an operator's overload and its arguments by name."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch.utils._pytree import tree_leaves

from .held import Held, RecordingError
from .trace import Batch, Sizes

IMAGES = 7919
"""How many images a recording runs: a prime, of which no size of a network is a multiple."""
_TAKES_SIZES = frozenset({"view", "reshape", "permute", "expand", "repeat", "tile", "flip"})
"""Methods that take sizes one by one, or as a list."""
FACTORIES = frozenset({"zeros", "ones", "full"})
"""Functions that make a tensor of equal numbers, whose sizes stand one by one too."""


def sizes_of(tensor: torch.Tensor) -> Sizes:
    """The sizes of a tensor, those that are multiples of the number of images as such."""
    return tuple(map(_size, tensor.shape))


def sizes_images(value: Any) -> bool:
    """Whether a multiple of the number of images is among nested arguments."""
    return any(
        isinstance(item, int) and isinstance(_size(item), Batch) for item in tree_leaves(value)
    )


def arguments(
    word: str, args: Any, kwargs: dict[str, Any], held: Held
) -> tuple[str, dict[str, Any]] | None:
    """The overload, and the arguments by name; None where they hold what has no place.

    Raises:
        RecordingError: an argument has no name, or nothing tells what a tensor holds.
    """
    if "input" in kwargs and not args:  # PyTorch's word for an operator's `self`
        args, kwargs = (kwargs["input"],), {k: v for k, v in kwargs.items() if k != "input"}
    overload, schema, args = _resolved(word, args, kwargs)
    if schema is None:
        named = {str(index): value for index, value in enumerate(args)} | kwargs
    else:
        named = {
            argument.name: _listed(
                argument,
                args[index]
                if index < len(args)
                else kwargs.get(argument.name, argument.default_value),
            )
            for index, argument in enumerate(schema.arguments)
        }
        if kwargs.keys() - named.keys():
            raise RecordingError(f"{word} takes an argument that its operator does not name")
    try:
        return overload, {name: _noted(value, held) for name, value in named.items()}
    except _MissingError:
        return None


class _MissingError(Exception):
    """An argument is a tensor that nothing has made."""


def _resolved(word: str, args: Any, kwargs: dict[str, Any]) -> tuple[str, Any, Any]:
    """The overload of `aten.word` that takes the arguments, its schema, and the arguments."""
    packet = getattr(torch.ops.aten, word, None)
    if packet is None:
        return "", None, args
    if word in _TAKES_SIZES and len(args) > 1 and isinstance(args[1], int):
        args = (args[0], list(args[1:]))
    if word in FACTORIES and args and isinstance(args[0], int):
        args = (list(args),)
    try:
        small = [_stand_in(value) for value in args]
        named = {name: _stand_in(value) for name, value in kwargs.items()}
        overload = torch._C._jit_resolve_packet(f"aten::{word}", *small, **named)
    except (RuntimeError, TypeError):  # a number stands for a list of equal ones
        overload = "default" if hasattr(packet, "default") else ""
    if not overload:
        return "", None, args
    return overload, getattr(packet, overload)._schema, args


def _stand_in(value: Any) -> Any:
    """A tensor of one element: PyTorch runs over all of one that stands where a list may."""
    return _one(value.dtype) if isinstance(value, torch.Tensor) else value


@cache
def _one(type_: torch.dtype) -> torch.Tensor:
    return torch.empty(1, dtype=type_, device="meta")


def _listed(argument: Any, value: Any) -> Any:
    """A number as a list, where the operator takes a list of a fixed length."""
    return [value] * argument.N if argument.N and isinstance(value, int) else value


def _noted(value: Any, held: Held) -> Any:
    """An argument as a trace notes it."""
    if isinstance(value, torch.Tensor):
        if value not in held:
            raise _MissingError
        return held[value]
    if isinstance(value, list | tuple):
        return [_noted(item, held) for item in value]
    if isinstance(value, bool | float | str) or value is None:
        return value
    if isinstance(value, int):
        return _size(value)
    return str(value)


def _size(value: int) -> int | Batch:
    return Batch(value // IMAGES) if value and value % IMAGES == 0 else value
