"""Random weights under which every layer shows in the output.

Freshly initialised weights hide faults: biases are 0, batch norm changes nothing, and where all
numbers are positive a missing ReLU changes nothing either.
"""

from __future__ import annotations

import torch
from torch import nn

from ...ir.scope import leaf


@torch.no_grad()
def scrambled(module: nn.Module) -> nn.Module:
    """The module in evaluation mode, its weights drawn anew.

    Weights of convolutions and linear layers are normal, with the deviation that keeps the size of
    what a ReLU passes on; all biases are standard normal. Norms, scales and slopes have factors
    of either sign, and batch norm has statistics as after some training.

    Source: arXiv:1502.01852, section 2.2, for the deviation.
    """
    for name, tensor in (*module.named_buffers(), *module.named_parameters()):
        match leaf(name):
            case "running_mean" | "bias":
                tensor.normal_()
            case "running_var":
                tensor.uniform_(0.5, 2)
            case "weight" if tensor.dim() > 1:
                nn.init.kaiming_normal_(tensor, nonlinearity="relu")
            case "weight":
                signs = torch.randint_like(tensor, 2).mul_(2).sub_(1)
                tensor.uniform_(0.5, 1.5).mul_(signs)
    return module.eval()
