"""As the mult-adds of `torchinfo.summary` (torchinfo 1.8).

Parameters times the places of a convolution's output, transposed ones too; of any other layer once.
"""

from __future__ import annotations

from .convention import Convention

CONVENTION = Convention(
    "torchinfo",
    "multiply-accumulates with biases, and a norm or a scale as its parameters, once",
    {
        "conv2d": {"mac": 1, "add": 1},
        "linear": {"mac": 1, "add": 1},
        "conv_transpose2d": {"placed_params": 1},
        "batch_norm2d": {"params": 1},
        "batch_norm1d": {"params": 1},
        "layer_norm": {"params": 1},
        "group_norm": {"params": 1},
        "scale": {"params": 1},
        "prelu": {"params": 1},
    },
)
