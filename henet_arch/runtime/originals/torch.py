"""PyTorch modules, in double precision where their code allows it."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from ...ir.model import Origin, Python
from ...support.errors import RunError
from ...support.optional import first_line
from ..original import Arrays


def run(origin: Origin, inputs: Arrays) -> Arrays:
    """The outputs of a copy of the module, in evaluation mode.

    Raises:
        RunError: it is no module, or stops.
    """
    if not isinstance(origin, Python):
        raise RunError(f"{origin.title} is no module that runs", fix="the module itself")
    module = copy.deepcopy(origin.value).cpu().eval()
    images = [torch.as_tensor(image) for image in inputs]
    for type_ in (torch.float64, torch.float32):  # a tensor of its code stays of single precision
        try:
            given = _outputs(module.to(type_), [image.to(type_) for image in images], origin)
        except Exception as error:
            reason = first_line(error)
        else:
            return [tensor.numpy() for tensor in given]
    raise RunError(f"{origin.title} stops: {reason}", fix="a module that runs on the CPU")


def _outputs(module: nn.Module, images: list[Tensor], origin: Python) -> list[Tensor]:
    """All tensors of what a module gives, in order, but for those that no image changes."""
    with torch.no_grad():
        if origin.arguments:
            given = module(**dict(zip(origin.arguments, images, strict=True)))
        else:
            given = module(*images)
    leaves = torch.utils._pytree.tree_leaves(given)
    tensors = [leaf for leaf in leaves if isinstance(leaf, Tensor)]
    return [tensor for tensor in tensors if tensor.dim() and not isinstance(tensor, nn.Parameter)]


ORIGINAL = run
