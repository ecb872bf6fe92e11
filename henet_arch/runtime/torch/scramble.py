"""Random weights under which every layer shows in the output.

Freshly initialised weights hide faults: biases are 0, batch norm changes nothing, and where all
numbers are positive a missing ReLU changes nothing either.
"""

from __future__ import annotations

import torch
from torch import nn


@torch.no_grad()
def scrambled(module: nn.Module) -> nn.Module:
    """The module in evaluation mode, its weights drawn anew.

    Weights of convolutions and linear layers are normal, with the deviation that keeps the size of
    what a ReLU passes on; all biases are standard normal. Batch norm has factors of either
    sign and statistics as after some training.

    Source: arXiv:1502.01852, section 2.2, for the deviation.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                layer.bias.normal_()
        elif isinstance(layer, nn.BatchNorm2d):
            layer.get_buffer("running_mean").normal_()
            layer.get_buffer("running_var").uniform_(0.5, 2)
            signs = torch.randint_like(layer.weight, 2).mul_(2).sub_(1)
            layer.weight.uniform_(0.5, 1.5).mul_(signs)
            layer.bias.normal_()
    return module.eval()
