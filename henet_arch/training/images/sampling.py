"""Which images a pass shows, and what is done to a batch of them beside crops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ...ir.dims import Shape
from ...support.errors import TrainError
from ...support.limits import LARGEST_ALPHA, LARGEST_IMAGE
from ..bounds import between, within


@dataclass(frozen=True)
class Sampling:
    """What is changed of the images, their order and their labels.

    Attributes:
        balanced: whether each class is shown equally often.
        cutout: the side in pixels of a square of each image that is hidden; none when None.
        mixup: how evenly two images are mixed, the alpha of a beta distribution; not when None.

    Raises:
        TrainError: a number is out of bounds.

    Source: cutout, arXiv:1708.04552; mixup, arXiv:1710.09412.
    """

    balanced: bool = False
    cutout: int | None = None
    mixup: float | None = None

    def __post_init__(self) -> None:
        within("cutout", self.cutout, 1, LARGEST_IMAGE)
        between("mixup", self.mixup, LARGEST_ALPHA, "an alpha such as 0.2")

    def order(self, labels: Tensor, random: torch.Generator) -> Tensor:
        """The images of one pass, as many as there are labels `(N,)`, by number."""
        if not self.balanced:
            return torch.randperm(len(labels), generator=random)
        present = torch.bincount(labels).nonzero().flatten()
        present = present[torch.randperm(len(present), generator=random)]
        each, more = divmod(len(labels), len(present))
        shown = [
            _drawn((labels == label).nonzero().flatten(), each + (place < more), random)
            for place, label in enumerate(present)
        ]
        every = torch.cat(shown)
        return every[torch.randperm(len(every), generator=random)]

    def check(self, image: Shape) -> None:
        """Refuse a square that hides all of an image `(C, H, W)`.

        Raises:
            TrainError: it does.
        """
        _, height, width = map(int, image)
        if self.cutout is not None and self.cutout >= min(height, width):
            raise TrainError(
                f"cutout = {self.cutout} hides whole images of {height}x{width}",
                fix=f"--cutout {max(1, min(height, width) // 2)}",
            )

    def applied(
        self, images: Tensor, labels: Tensor, classes: int, random: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """A batch as it is learned from.

        Args:
            images: `(N, C, H, W)`, normalised, in channels-last memory; it may be changed.
            labels: `(N,)`.
            classes: How many there are.
            random: Where all chance comes from.

        Returns:
            The images, and the labels: shares `(N, classes)` with mixup.
        """
        if self.cutout is not None:
            _hide(images, self.cutout, random)
        if self.mixup is None:
            return images, labels
        seed = int(torch.randint(2**62, (1,), generator=random))
        share = float(np.random.default_rng(seed).beta(self.mixup, self.mixup))
        others = torch.randperm(len(images), generator=random)
        wanted = functional.one_hot(labels, classes).float()
        return (
            torch.lerp(images[others], images, share),
            torch.lerp(wanted[others], wanted, share),
        )


PLAIN = Sampling()
"""All images once, as they are."""


def _drawn(places: Tensor, count: int, random: torch.Generator) -> Tensor:
    """`count` of the places, each as often as any other, or once more."""
    rounds = [
        places[torch.randperm(len(places), generator=random)]
        for _ in range(-(-count // len(places)))
    ]
    return torch.cat(rounds)[:count] if rounds else places[:0]


def _hide(images: Tensor, side: int, random: torch.Generator) -> None:
    """Put 0, the mean, into a square around a pixel of each image; part of it may lie outside."""
    count, _, height, width = images.shape
    rows = torch.randint(height, (count,), generator=random) - side // 2
    columns = torch.randint(width, (count,), generator=random) - side // 2
    arrays = images.numpy()
    for image, top, left in zip(arrays, rows.tolist(), columns.tolist(), strict=True):
        image[:, max(top, 0) : top + side, max(left, 0) : left + side] = 0
