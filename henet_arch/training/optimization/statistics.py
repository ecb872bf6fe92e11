"""Running means and variances of batch norms, averaged as Caffe does."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def average(model: nn.Module, kept: float, step: int) -> None:
    """Let the next forward pass average as Caffe's `BatchNorm`.

    Caffe adds up `S = kept S + x` and `Z = kept Z + 1` and uses S / Z, which the first batch alone
    decides at first. That is PyTorch's `r = (1 - m) r + m x` with `m = 1 / Z`.

    Args:
        model: Where the batch norms are.
        kept: The share that a step keeps, Caffe's `moving_average_fraction`.
        step: Steps that are done.

    Source: Caffe, `BatchNormLayer::Forward_cpu`.
    """
    share = (1 - kept) / (1 - kept ** (step + 1))
    for module in model.modules():
        if isinstance(module, _BatchNorm):
            module.momentum = share
