"""The state dict of a module: the shapes of its tensors, and a copy with others."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...ir.dims import Shape
from ...ir.tensors import is_counter
from ...support.errors import RunError
from ...support.optional import first_line

if TYPE_CHECKING:
    from torch import nn


def shapes_of(module: nn.Module) -> dict[str, Shape]:
    """The shapes of a state dict's tensors by name, without counters."""
    import torch

    return {
        name: tuple(value.shape)
        for name, value in module.state_dict().items()
        if isinstance(value, torch.Tensor) and not is_counter(name)
    }


def filled(module: nn.Module, values: Mapping[str, Any]) -> nn.Module:
    """A copy of a module with other tensors, arrays by name.

    Raises:
        RunError: it cannot be copied.
    """
    import torch

    try:
        result = copy.deepcopy(module)
        result.load_state_dict(
            {name: torch.from_numpy(array) for name, array in values.items()},
            strict=False,
            assign=any(value.is_meta for value in result.state_dict().values()),
        )
    except Exception as error:  # whatever the module's own code makes of it
        raise RunError(
            f"a copy of the module {type(module).__name__} does not take other weights",
            why=first_line(error),
            fix="the module with its weights: load_state_dict in what makes it",
        ) from None
    return result
