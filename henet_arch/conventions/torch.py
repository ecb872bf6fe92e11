"""As `torch.utils.flop_counter.FlopCounterMode` counts a forward pass (PyTorch 2.13)."""

from __future__ import annotations

from .convention import Convention

CONVENTION = Convention(
    "torch",
    "each multiply-accumulate of a convolution or linear layer as two, and nothing else",
    {"conv2d": {"mac": 2}, "conv_transpose2d": {"mac": 2}, "linear": {"mac": 2}},
    unit="FLOPs",
)
