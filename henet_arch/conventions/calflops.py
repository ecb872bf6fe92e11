"""As the FLOPs of `calflops.calculate_flops` (calflops 0.3).

It watches functions: ReLU6 calls one that is not watched, and sums written as `a + b`, as emitted,
go unseen. What it does with two kinds is not counted here: of a transposed convolution it takes the
groups twice, and its bias at the places of a convolution; of a resize it counts the places of one
channel, or fails where the factors are a pair.
"""

from __future__ import annotations

from .convention import Convention

CONVENTION = Convention(
    "calflops",
    "each multiply-accumulate as two, biases of convolutions only, 2 for each element of a batch "
    "norm, and 1 for each that ReLU, pooling and softmax read",
    {
        "conv2d": {"mac": 2, "add": 1},
        "linear": {"mac": 2},
        "conv_transpose2d": {"mac": 2},
        "batch_norm2d": {"inputs": 1, "affine": 1},
        "batch_norm1d": {"inputs": 1, "affine": 1},
        "layer_norm": {"inputs": 4, "affine": 1},
        "group_norm": {"inputs": 4, "affine": 1},
        "local_response_norm": {"inputs": 4, "rim": 1},
        "relu": {"inputs": 1},
        "leaky_relu": {"inputs": 1},
        "elu": {"inputs": 1},
        "silu": {"inputs": 1},
        "gelu": {"inputs": 1},
        "gelu_tanh": {"inputs": 1},
        "prelu": {"inputs": 1},
        "softmax": {"inputs": 1},
        "avg_pool2d": {"inputs": 1},
        "max_pool2d": {"inputs": 1},
        "global_avg_pool2d": {"inputs": 1},
        "global_max_pool2d": {"inputs": 1},
        "adaptive_avg_pool2d": {"inputs": 1},
        "adaptive_max_pool2d": {"inputs": 1},
    },
    unit="FLOPs",
)
