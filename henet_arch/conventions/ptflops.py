"""As `ptflops.get_model_complexity_info` counts with its default backend (ptflops 0.7).

ReLU, ELU, GELU and pooling are counted by the module's hook and again by the function that the
module calls; ReLU6 and LeakyReLU by the hook, SiLU, softmax and the steps of response normalisation
by the functions alone. Sums written as `a + b`, as emitted, go unseen, and so do other functions.
"""

from __future__ import annotations

from .convention import Convention

CONVENTION = Convention(
    "ptflops",
    "multiply-accumulates with biases, 2 for each element of a batch norm, each ReLU and each "
    "element that pooling reads (its module and its function), 1 for ReLU6 and softmax",
    {
        "conv2d": {"mac": 1, "add": 1},
        "linear": {"mac": 1, "add": 1},
        "batch_norm2d": {"inputs": 2},
        "local_response_norm": {"inputs": 4, "rim": 1},
        "relu": {"inputs": 2},
        "elu": {"inputs": 2},
        "gelu": {"inputs": 2},
        "relu6": {"inputs": 1},
        "leaky_relu": {"inputs": 1},
        "silu": {"inputs": 1},
        "softmax": {"inputs": 1},
        "avg_pool2d": {"inputs": 2},
        "max_pool2d": {"inputs": 2},
        "global_avg_pool2d": {"inputs": 2},
    },
)
