"""As the FLOPs of `calflops.calculate_flops` (calflops 0.3).

It watches functions: ReLU6 calls one that is not watched, and sums written as `a + b`, as emitted,
go unseen.
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
        "batch_norm2d": {"inputs": 2},
        "local_response_norm": {"inputs": 4, "rim": 1},
        "relu": {"inputs": 1},
        "leaky_relu": {"inputs": 1},
        "elu": {"inputs": 1},
        "silu": {"inputs": 1},
        "gelu": {"inputs": 1},
        "softmax": {"inputs": 1},
        "avg_pool2d": {"inputs": 1},
        "max_pool2d": {"inputs": 1},
        "global_avg_pool2d": {"inputs": 1},
    },
    unit="FLOPs",
)
