"""Stochastic gradient descent with Nesterov momentum, as PyTorch or Caffe does it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..schedules import Schedule

_MOMENTUM = "momentum_buffer"


def descent(
    model: nn.Module, plan: Schedule, rate: float, faster: nn.Parameter | None
) -> torch.optim.SGD:
    """As Caffe trained the paper's.

    Args:
        model: The emitted module.
        plan: The schedule.
        rate: The learning rate of the first step.
        faster: What learns twice as fast and is not decayed: the classifier's bias.
    """
    return torch.optim.SGD(
        [
            {"params": [p for p in model.parameters() if p is not faster], "factor": 1.0},
            {
                "params": [] if faster is None else [faster],
                "factor": 2.0,
                "weight_decay": 0.0,
            },
        ],
        lr=rate,
        momentum=plan.momentum,
        weight_decay=plan.weight_decay,
        nesterov=True,
        fused=True,
    )


def set_rate(
    optimizer: torch.optim.Optimizer, plan: Schedule, rate: float, before: float | None
) -> None:
    """Set the rate of a step.

    PyTorch adds up gradients, `v = mu v + g`, and steps by `rate (g + mu v)`. Caffe adds up
    updates, `v = mu v + rate g`, and steps by `rate g + mu v`. Both are the same until the rate
    changes; there Caffe's `v` is PyTorch's with the old rate, so scaling PyTorch's by the old rate
    over the new one makes every later step Caffe's.

    Args:
        optimizer: What `descent` made.
        plan: The schedule, which says what momentum adds up.
        rate: The learning rate of this step.
        before: That of the step before it; None at the first.

    Source: Caffe, `NesterovSolver::ComputeUpdateValue`.
    """
    if plan.momentum_of == "updates" and before is not None and before != rate:
        for momentum in _momenta(optimizer):
            momentum.mul_(before / rate)
    for group in optimizer.param_groups:
        group["lr"] = rate * group["factor"]


def align(optimizer: torch.optim.Optimizer) -> None:
    """Lay momenta out in memory as their weights are: the fused step reads both side by side."""
    for weight, state in optimizer.state.items():
        if isinstance(momentum := state.get(_MOMENTUM), Tensor):
            state[_MOMENTUM] = torch.empty_like(weight).copy_(momentum)


def _momenta(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    return [state[_MOMENTUM] for state in optimizer.state.values()]
