"""HENet Repeat 3 as a person would write it in PyTorch: what the peers' counters are run on."""

from __future__ import annotations

import torch
from torch import Tensor, nn

PAIRS = {24: (6, 4), 48: (8, 6), 96: (12, 8)}


class Block(nn.Sequential):
    """Group convolution, shuffle, group convolution; the first or the second is 3x3."""

    def __init__(self, inputs: int, middle: int, outputs: int, stride: int) -> None:
        m, n = PAIRS[middle]
        if stride == 1:
            first = nn.Conv2d(inputs, middle, 1, groups=m)
            second = nn.Conv2d(middle, outputs, 3, padding=1, groups=n)
        else:
            first = nn.Conv2d(inputs, middle, 3, stride=2, groups=m)
            second = nn.Conv2d(middle, outputs, 1, groups=n)
        super().__init__(
            first,
            nn.BatchNorm2d(middle),
            nn.ChannelShuffle(m),
            second,
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )


class Stage(nn.Module):
    """Repeated stride-1 blocks with add-and-concatenate skips, then a stride-2 block."""

    def __init__(self, width: int, outputs: int, repeats: int) -> None:
        super().__init__()
        inputs = [width] + [2 * width] * (repeats - 1)
        self.blocks = nn.ModuleList(Block(i, width, width, 1) for i in inputs)
        self.down = Block(2 * width, outputs // 2, outputs, 2)

    def forward(self, x: Tensor) -> Tensor:
        total = x
        for block in self.blocks:
            h = block(x)
            total = h + total
            x = torch.cat((total, h), 1)
        y: Tensor = self.down(x)
        return y


def henet(repeats: int = 3, classes: int = 10) -> nn.Module:
    """The network of Table 2, `(N, 3, 31, 31) -> (N, classes)`."""
    return nn.Sequential(
        nn.Conv2d(3, 24, 3, padding=1),
        nn.BatchNorm2d(24),
        nn.ReLU(),
        Stage(24, 48, repeats),
        Stage(48, 96, repeats),
        Stage(96, 96, repeats),
        Block(96, 96, 192, 2),
        nn.Flatten(),
        nn.Linear(192, classes),
    ).eval()
