"""As `fvcore.nn.FlopCountAnalysis` counts (fvcore 0.1.5).

It calls them flops, a multiply-accumulate being one. Adaptive average pooling is counted, other
pooling, activations, bicubic resizing and attention as one operator are operators without a handle.
It traces the module, and a trace holds nothing that no output depends on. What it counts of an
`einsum` has three digits; here it has all.
"""

from __future__ import annotations

from .convention import ANY, Convention

CONVENTION = Convention(
    "fvcore",
    "multiply-accumulates without biases, 2 for each element of a batch norm, 5 of a layer or "
    "group norm and 1 for each that adaptive average pooling reads; nothing of layers that no "
    "output depends on",
    {
        "conv2d": {"mac": 1},
        "linear": {"mac": 1},
        "conv_transpose2d": {"mac": 1},
        "batch_norm2d": {"inputs": 1, "affine": 1},
        "batch_norm1d": {"inputs": 1, "affine": 1},
        "layer_norm": {"inputs": 4, "affine": 1},
        "group_norm": {"inputs": 4, "affine": 1},
        "global_avg_pool2d": {"inputs": 1},
        "adaptive_avg_pool2d": {"inputs": 1},
        "resize": {"nearest": 1, "bilinear": 4},
    },
    operators={
        ANY: {"mac": 1},
        "aten.adaptive_avg_pool2d": {"inputs": 1},
        "aten.batch_norm": {"inputs": 1, "affine": 1},
        "aten.group_norm": {"inputs": 4, "affine": 1},
        "aten.instance_norm": {"inputs": 4, "affine": 1},
        "aten.layer_norm": {"inputs": 4, "affine": 1},
        "aten.scaled_dot_product_attention": {},
        "Attention": {},
    },
    live_only=True,
)
