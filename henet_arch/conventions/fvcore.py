"""As `fvcore.nn.FlopCountAnalysis` counts (fvcore 0.1.5).

It calls them flops, a multiply-accumulate being one. Global average pooling is counted, other
pooling is an operator without a handle. It traces the module, and a trace holds nothing that no
output depends on.
"""

from __future__ import annotations

from .convention import Convention

CONVENTION = Convention(
    "fvcore",
    "multiply-accumulates without biases, 2 for each element of a batch norm and 1 for each that "
    "global pooling reads; nothing of layers that no output depends on",
    {
        "conv2d": {"mac": 1},
        "linear": {"mac": 1},
        "batch_norm2d": {"inputs": 2},
        "global_avg_pool2d": {"inputs": 1},
    },
    live_only=True,
)
