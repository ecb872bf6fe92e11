"""What PyTorch keeps of a forward pass until the backward pass has read it."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.func import functional_call

_TRIED = 2
"""Images of the pass that is made for this; batch norm can do with no fewer."""


def kept_bytes(module: nn.Module, images: Tensor) -> int:
    """Bytes that autograd keeps of a batch, besides the weights: a step takes no less.

    They are those of a pass of the first images, times as many as there are. It leaves running
    statistics and the random numbers as they were.

    Args:
        module: What is trained, in the mode in which it trains.
        images: The batch, `(N, C, H, W)`.
    """
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    tried = images[:_TRIED].clone()
    buffers = {name: buffer.clone() for name, buffer in module.named_buffers()}
    with torch.random.fork_rng(devices=[]), saved_tensors_hooks(keep, lambda tensor: tensor):
        functional_call(module, buffers, (tried,))
    for weight in module.parameters():
        kept.pop(weight.untyped_storage().data_ptr(), None)
    storages = [tensor.untyped_storage() for tensor in kept.values()]
    return sum(storage.nbytes() for storage in storages) * len(images) // len(tried)
