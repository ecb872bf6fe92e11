"""As `thop.profile` counts (thop 0.1.1).

It knows modules by their very class: the layer norm of maps, which is emitted as a class derived
from one, scales and group norms are not counted, nor are their parameters. A transposed convolution
counts its weights at each place of the output, which a stride makes too many. A mean that leaves
out a padding that differs by side is emitted as two pools, and both are counted by it, not here.
"""

from __future__ import annotations

from .convention import Convention

CONVENTION = Convention(
    "thop",
    "multiply-accumulates without biases, 4 for each element of a batch norm, average pooling by "
    "its outputs, by its inputs too if it is global, and softmax",
    {
        "conv2d": {"mac": 1},
        "linear": {"mac": 1},
        "conv_transpose2d": {"placed_weight": 1},
        "batch_norm2d": {"inputs": 2, "affine": 2},
        "batch_norm1d": {"inputs": 2, "affine": 2},
        "layer_norm": {"vector": 2, "affine_vector": 2},
        "prelu": {"inputs": 1},
        "avg_pool2d": {"outputs": 1},
        "global_avg_pool2d": {"inputs": 1, "outputs": 1},
        "adaptive_avg_pool2d": {"inputs": 1, "outputs": 1},
        "resize": {"nearest": 1, "bilinear": 11, "bicubic": 259},
        "softmax": {"exp": 1, "compare": 1, "div": 1},
    },
    parameters={"layer_norm": {"vector_params": 1}, "group_norm": {}, "scale": {}},
)
