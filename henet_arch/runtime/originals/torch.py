"""PyTorch modules, in double precision."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor

from ...ir.model import Origin, Python
from ...support.errors import RunError
from ..original import Arrays


def run(origin: Origin, inputs: Arrays) -> Arrays:
    """The outputs of a copy of the module, in evaluation mode.

    Raises:
        RunError: the module is not on a device that computes.
    """
    if not isinstance(origin, Python):
        raise RunError(f"{origin.title} is no module that runs", fix="the module itself")
    module = copy.deepcopy(origin.value).cpu().double().eval()
    with torch.no_grad():
        given = module(*(torch.as_tensor(image).double() for image in inputs))
    return [tensor.numpy() for tensor in _tensors(given)]


def _tensors(given: Any) -> list[Tensor]:
    """All tensors of what a module gives, in the order in which they stand there."""
    leaves, _ = torch.utils._pytree.tree_flatten(given)
    return [leaf for leaf in leaves if isinstance(leaf, Tensor)]


ORIGINAL = run
