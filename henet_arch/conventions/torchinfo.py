"""As the mult-adds of `torchinfo.summary` (torchinfo 1.8).

Parameters times the places where a convolution uses them; of any other layer once.
"""

from __future__ import annotations

from .convention import Convention

CONVENTION = Convention(
    "torchinfo",
    "multiply-accumulates with biases, and a batch norm as its parameters, once",
    {
        "conv2d": {"mac": 1, "add": 1},
        "linear": {"mac": 1, "add": 1},
        "batch_norm2d": {"params": 1},
    },
)
