"""As `torch.utils.flop_counter.FlopCounterMode` counts a forward pass on a CPU (PyTorch 2.13).

It counts operators, whoever calls them. Attention as one operator has no formula on a CPU.
"""

from __future__ import annotations

from .convention import ANY, Convention

CONVENTION = Convention(
    "torch",
    "each multiply-accumulate of a convolution, linear layer or matrix product as two, and nothing "
    "else",
    {"conv2d": {"mac": 2}, "conv_transpose2d": {"mac": 2}, "linear": {"mac": 2}},
    operators={ANY: {"mac": 2}, "aten.scaled_dot_product_attention": {}, "Attention": {}},
    unit="FLOPs",
)
