"""ShuffleNet v1 as others write it: the pooled input first, and the shuffle the other way round."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from henet_arch.runtime.torch.scramble import scrambled

WIDTHS, REPEATS, SIZE, CLASSES = (6, 24, 48), (1, 2), 32, 7


class Unit(nn.Module):
    def __init__(self, before: int, after: int, groups: int, first: int, stride: int) -> None:
        super().__init__()
        middle, grown = after // 4, after - before if stride == 2 else after
        self.groups, self.stride = groups, stride
        self.squeeze = nn.Conv2d(before, middle, 1, groups=first, bias=False)
        self.norm1 = nn.BatchNorm2d(middle)
        self.spatial = nn.Conv2d(middle, middle, 3, stride, 1, groups=middle, bias=False)
        self.norm2 = nn.BatchNorm2d(middle)
        self.widen = nn.Conv2d(middle, grown, 1, groups=groups, bias=False)
        self.norm3 = nn.BatchNorm2d(grown)
        self.pool = nn.AvgPool2d(3, stride, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.norm1(self.squeeze(x)))
        count, channels, height, width = y.shape
        y = y.reshape(count, channels // self.groups, self.groups, height, width)
        y = y.transpose(1, 2).reshape(count, channels, height, width)
        y = self.norm3(self.widen(self.norm2(self.spatial(y))))
        if self.stride == 1:
            return torch.relu(x + y)
        return torch.cat([self.pool(x), torch.relu(y)], 1)


class Shuffled(nn.Module):
    """Its classifier has no bias, and its last pool is a window as large as the map."""

    def __init__(self, groups: int = 3, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        before, units = widths[0], []
        self.begin = nn.Sequential(
            nn.Conv2d(3, before, 3, 2, 1, bias=False),
            nn.BatchNorm2d(before),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, 1),
        )
        for stage, (width, repeats) in enumerate(zip(widths[1:], REPEATS, strict=True)):
            units.append(Unit(before, width, groups, groups if stage else 1, 2))
            units += [Unit(width, width, groups, groups, 1) for _ in range(repeats)]
            before = width
        self.units = nn.Sequential(*units)
        self.mean = nn.AvgPool2d(SIZE // 16)
        self.scores = nn.Linear(before, CLASSES, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.mean(self.units(self.begin(x)))
        scores: Tensor = self.scores(x.view(-1, x.shape[1]))
        return scores


def build() -> nn.Module:
    """The module with the same random weights each time."""
    return drawn(Shuffled)


def drawn(make: Callable[[], nn.Module], seed: int = 0) -> nn.Module:
    """A module with random weights of both signs."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return scrambled(make())
