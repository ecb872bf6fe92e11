"""Labelled images, as the data sets give them and as a network takes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import isfinite

import torch
from torch import Tensor
from torch.nn import functional

from ..ir.dims import Shape
from ..ir.preprocessing import Preprocessing, usual_order
from ..support.errors import DataError
from .crops import crops

PAD = 4
"""Pixels around an image before a random crop (HENet, section 4.2)."""


@dataclass(frozen=True)
class Split:
    """Images `(N, H, W, C)` of bytes, and the labels `(N,)`."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Data:
    """A data set in memory."""

    name: str
    classes: tuple[str, ...]
    train: Split
    test: Split
    augmented: bool
    """Whether training images are padded, cropped at random and mirrored."""
    note: str = ""
    """What is not certain about the files it came from."""

    def check_classes(self, outputs: int) -> None:
        """Refuse a network of another number of outputs.

        Raises:
            DataError: it has another.
        """
        if len(self.classes) != outputs:
            raise DataError(
                f"{self.name} has {len(self.classes)} classes, and the network {outputs} outputs",
                fix=f"--classes {len(self.classes)}",
            )


@dataclass(frozen=True)
class Pixels:
    """How bytes become the numbers that a network was trained on."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    @staticmethod
    def of(images: Tensor) -> Pixels:
        """Mean and standard deviation of each channel of `(N, H, W, C)`, in bytes."""
        values = images.flatten(0, 2)
        total, squares = torch.zeros(2, values.shape[1], dtype=torch.float64)
        for part in torch.split(values, 1 << 22):
            part = part.double()
            total += part.sum(0)
            squares += part.square().sum(0)
        mean = total / len(values)
        std = (squares / len(values) - mean.square()).clamp_min(1).sqrt()
        return Pixels(tuple(mean.tolist()), tuple(std.tolist()))

    def check(self, channels: int) -> None:
        """Refuse images of another number of channels, and numbers that normalise nothing.

        Raises:
            DataError: they do not fit.
        """
        if not len(self.mean) == len(self.std) == channels:
            raise DataError(
                f"the weights are for images normalised by {len(self.mean)} means, and these "
                f"images have {channels} channels",
                fix="the data set that they were trained on",
            )
        if not all(map(isfinite, (*self.mean, *self.std))) or min(self.std) <= 0:
            raise DataError(f"images cannot be normalised by {self.mean} and {self.std}")

    def normalised(self, images: Tensor) -> Tensor:
        """Bytes `(N, H, W, C)` as floats `(N, C, H, W)` in channels-last memory."""
        count, height, width, channels = images.shape
        mean, std = (torch.tensor(each).repeat(width) for each in (self.mean, self.std))
        rows = images.reshape(count, height, width * channels).float().sub_(mean).div_(std)
        return rows.view(images.shape).permute(0, 3, 1, 2)


class Feeder:
    """Gives the images of a split as a network of `input_shape` takes them.

    Images up to `PAD` pixels larger than the input are cropped to it, others are resized.
    """

    def __init__(self, split: Split, input_shape: Shape, pixels: Pixels) -> None:
        self.split = split
        self.channels, *self.size = map(int, input_shape)
        self.pixels = pixels
        pixels.check(split.images.shape[3])
        larger = [have - want for have, want in zip(self.image_size, self.size, strict=True)]
        self.crops = all(0 <= extra <= PAD for extra in larger)
        if self.channels not in (1, split.images.shape[3]) and split.images.shape[3] != 1:
            raise DataError(
                f"the network takes {self.channels} channels, but the images have "
                f"{split.images.shape[3]}",
                fix="an input of 1 or 3 channels",
            )

    @property
    def image_size(self) -> tuple[int, int]:
        return self.split.images.shape[1], self.split.images.shape[2]

    @property
    def preprocessing(self) -> Preprocessing:
        """What `batches` does to an image, for images of every size."""
        order = usual_order(len(self.pixels.mean))
        resize = self.image_size if self.crops else None
        return Preprocessing(self.pixels.mean, self.pixels.std, order, resize=resize)

    @cached_property
    def padded(self) -> Tensor:
        """The images with `PAD` zeros around them."""
        return functional.pad(self.split.images, (0, 0, PAD, PAD, PAD, PAD))

    def batches(self, size: int, part: slice = slice(None)) -> Iterator[tuple[Tensor, Tensor]]:
        """All images in order, cropped in the middle; of each batch, the `part`."""
        height, width = self.size if self.crops else self.image_size
        top, left = (
            round((have - want) / 2)
            for have, want in zip(self.image_size, (height, width), strict=True)
        )
        for start in range(0, len(self.split), size):
            taken = slice(start, start + size)
            images = self.split.images[taken, top : top + height, left : left + width][part]
            yield self._fitted(images), self.split.labels[taken][part]

    def augmented(self, chosen: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """The `chosen` images, each padded, cropped at its own place and mirrored or not."""
        count = (len(chosen),)
        height, width = self.size if self.crops else self.image_size
        have = self.padded.shape[1:3]
        top = torch.randint(have[0] - height + 1, count, generator=random)
        left = torch.randint(have[1] - width + 1, count, generator=random)
        mirrored = torch.randint(2, count, generator=random).bool()
        images = crops(self.padded, chosen, top, left, mirrored, (height, width))
        return self._fitted(images), self.split.labels[chosen]

    def plain(self, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """The `chosen` images, at least one, as `batches` gives them."""
        part = Feeder(
            Split(self.split.images[chosen], self.split.labels[chosen]), self.shape, self.pixels
        )
        return next(part.batches(len(chosen)))

    @property
    def shape(self) -> tuple[int, int, int]:
        return (self.channels, self.size[0], self.size[1])

    def _fitted(self, images: Tensor) -> Tensor:
        floats = self.pixels.normalised(images)
        if self.channels != floats.shape[1]:
            floats = floats.mean(1, keepdim=True).expand(-1, self.channels, -1, -1)
        if list(floats.shape[2:]) != self.size:
            floats = functional.interpolate(floats, self.size, mode="bilinear", antialias=True)
        return floats.contiguous(memory_format=torch.channels_last)
