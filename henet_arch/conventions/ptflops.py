"""As `ptflops.get_model_complexity_info` counts with its default backend (ptflops 0.7).

ReLU, PReLU, ELU, GELU, pooling and resizing are counted by the module's hook and again by the
function that the module calls; ReLU6 and LeakyReLU by the hook, SiLU, softmax and the steps of
response normalisation by the functions alone. Sums and products written as `a + b` and `a * b`, as
emitted, go unseen, and so do other functions and layer norms of maps. A mean that leaves out a
padding that differs by side is emitted as two pools, and both are counted by it, not here.
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
        "conv_transpose2d": {"mac": 1, "add": 1},
        "batch_norm2d": {"inputs": 1, "affine": 1},
        "batch_norm1d": {"inputs": 1, "affine": 1},
        "layer_norm": {"vector": 1},
        "group_norm": {"inputs": 1, "affine": 1},
        "local_response_norm": {"inputs": 4, "rim": 1},
        "relu": {"inputs": 2},
        "elu": {"inputs": 2},
        "gelu": {"inputs": 2},
        "gelu_tanh": {"inputs": 1},
        "prelu": {"inputs": 2},
        "relu6": {"inputs": 1},
        "leaky_relu": {"inputs": 1},
        "silu": {"inputs": 1},
        "softmax": {"inputs": 1},
        "avg_pool2d": {"inputs": 2},
        "max_pool2d": {"inputs": 2},
        "global_avg_pool2d": {"inputs": 2},
        "global_max_pool2d": {"inputs": 2},
        "adaptive_avg_pool2d": {"inputs": 2},
        "adaptive_max_pool2d": {"inputs": 2},
        "resize": {"outputs": 2},
    },
)
