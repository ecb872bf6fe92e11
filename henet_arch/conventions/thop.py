"""As `thop.profile` counts (thop 0.1.1)."""

from __future__ import annotations

from .convention import Convention

CONVENTION = Convention(
    "thop",
    "multiply-accumulates without biases, 4 for each element of a batch norm, average pooling by "
    "its outputs, by its inputs too if it is global, and softmax",
    {
        "conv2d": {"mac": 1},
        "linear": {"mac": 1},
        "batch_norm2d": {"inputs": 4},
        "avg_pool2d": {"outputs": 1},
        "global_avg_pool2d": {"inputs": 1, "outputs": 1},
        "softmax": {"exp": 1, "compare": 1, "div": 1},
    },
)
