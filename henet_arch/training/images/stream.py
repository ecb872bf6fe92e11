"""The training images in the order of a seed, from any step on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import count
from typing import Literal

import torch
from torch import Tensor

from ..data import Feeder
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
        passes: Literal["whole", "endless"] = "whole",
        sampling: Sampling = PLAIN,
        classes: int = 0,
    ) -> None:
        """Args:
        feeder: The images.
        batch: How many are in a batch, at most.
        seed: Of all chance.
        augmented: Whether images are padded, cropped at random and mirrored.
        passes: Whether the images at the end of a pass that fill no batch are left out of it, or
            begin a batch of the next.
        sampling: What else is changed.
        classes: How many there are, which only mixed labels need.
        """
        self.feeder = feeder
        self.batch = min(batch, len(feeder.split))
        self.seed = seed
        self.augmented = augmented
        self.passes = passes
        self.sampling = sampling
        self.classes = classes
        self.start = 0
        self.rank, self.world = 0, 1
        self._order = lru_cache(2)(self._shuffled)

    @property
    def per_epoch(self) -> int:
        """Full batches in one pass over the images."""
        return len(self.feeder.split) // self.batch

    def epochs(self, step: int) -> float:
        """Passes over the images that so many steps are."""
        if self.passes == "whole":
            return step / self.per_epoch
        return step * self.batch / len(self.feeder.split)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for step in count(self.start):
            yield self._at(self._chosen(step), step)

    def _chosen(self, step: int) -> Tensor:
        """The numbers of the images of a step; each pass is in an order of its own."""
        if self.passes == "whole":
            epoch, batch = divmod(step, self.per_epoch)
            order, first = self._order(epoch), batch * self.batch
        else:
            images = len(self.feeder.split)
            epoch, first = divmod(step * self.batch, images)
            order = self._order(epoch)
            if first + self.batch > images:
                order = torch.cat((order, self._order(epoch + 1)))
        return order[first : first + self.batch]

    def _shuffled(self, epoch: int) -> Tensor:
        return self.sampling.order(self.feeder.split.labels, self._random(_ORDER, epoch))

    def _at(self, chosen: Tensor, step: int) -> tuple[Tensor, Tensor]:
        chosen = chosen[self.rank :: self.world]
        random = self._random(_CROPS, self._turn(step))
        if self.augmented:
            images, labels = self.feeder.augmented(chosen, random)
        else:
            images, labels = self.feeder.plain(chosen)
        return self.sampling.applied(images, labels, self.classes, random)

    def seed_of_layers(self, step: int) -> int:
        """The seed of what layers draw in a step, as dropout does; each process has its own."""
        return _SEEDS - 1 - self._seed(_CROPS, self._turn(step))

    def _turn(self, step: int) -> int:
        """The number of this process's part of a step among those of all."""
        return step * self.world + self.rank

    def _random(self, use: int, index: int) -> torch.Generator:
        return torch.Generator().manual_seed(self._seed(use, index))

    def _seed(self, use: int, index: int) -> int:
        return ((self.seed * 2 + use) * _FAR + index) % _SEEDS
