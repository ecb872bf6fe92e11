"""The training images in the order of a seed, from any step on."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from .data import Feeder
from .sampling import PLAIN, Sampling

_ORDER, _CROPS = 0, 1
_FAR, _SEEDS = 10**12 + 39, 2**63


class Stream:
    """Batches without end; each depends on the seed and its step alone.

    So training that is broken off and resumed sees what it would have seen. Where several
    processes train together, each takes every `world`-th image of each batch.
    """

    def __init__(
        self,
        feeder: Feeder,
        batch: int,
        seed: int,
        *,
        augmented: bool,
        sampling: Sampling = PLAIN,
        classes: int = 0,
    ) -> None:
        """Args:
        feeder: The images.
        batch: How many are in a batch, at most.
        seed: Of all chance.
        augmented: Whether images are padded, cropped at random and mirrored.
        sampling: What else is changed.
        classes: How many there are, which only mixed labels need.
        """
        self.feeder = feeder
        self.batch = min(batch, len(feeder.split))
        self.seed = seed
        self.augmented = augmented
        self.sampling = sampling
        self.classes = classes
        self.start = 0
        self.rank, self.world = 0, 1

    @property
    def per_epoch(self) -> int:
        """Full batches in one pass over the images; the rest is left for another pass."""
        return len(self.feeder.split) // self.batch

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        epoch, order = -1, torch.empty(0)
        step = self.start
        while True:
            if step // self.per_epoch != epoch:
                epoch = step // self.per_epoch
                random = self._random(_ORDER, epoch)
                order = self.sampling.order(self.feeder.split.labels, random)
            first = step % self.per_epoch * self.batch
            yield self._at(order[first : first + self.batch], step)
            step += 1

    def _at(self, chosen: Tensor, step: int) -> tuple[Tensor, Tensor]:
        chosen = chosen[self.rank :: self.world]
        random = self._random(_CROPS, step * self.world + self.rank)
        if self.augmented:
            images, labels = self.feeder.augmented(chosen, random)
        else:
            images, labels = self.feeder.plain(chosen)
        return self.sampling.applied(images, labels, self.classes, random)

    def _random(self, use: int, index: int) -> torch.Generator:
        seed = ((self.seed * 2 + use) * _FAR + index) % _SEEDS
        return torch.Generator().manual_seed(seed)
