"""Labelled images, as the data sets give them and as a network takes them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ..ir.dims import Shape
from ..ir.preprocessing import Preprocessing, usual_order
from ..support.errors import DataError
from .findings import Findings

PAD = 4
"""Pixels around an image before a random crop (HENet, section 4.2)."""
_AT_ONCE = 1 << 22
"""Pixels whose mean is taken at once."""
_BYTES = 256


@dataclass(frozen=True)
class Split:
    """Labelled images.

    Attributes:
        images: bytes `(M, H, W, C)`, perhaps of more images than are in this split.
        labels: `(N,)`.
        places: `(N,)`, which of the images each label is of; all in order when None.
        names: what each of the N images is called; nothing where they have no names.
        fitting: how files of any size became the images: cut out of what covers their size, or
            stretched to it; None where all have that size.
    """

    images: Tensor
    labels: Tensor
    places: Tensor | None = None
    names: Sequence[str] = ()
    fitting: Literal["cover", "stretch"] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def at(self, chosen: Tensor) -> Tensor:
        """The numbers in `images` of the `chosen` images of the split."""
        return chosen if self.places is None else self.places[chosen]

    def part(self, taken: slice) -> Tensor:
        """The images `(N, H, W, C)` of a stretch of the split."""
        return self.images[taken] if self.places is None else self.images[self.places[taken]]


def check_classes(name: str, classes: Sequence[str], outputs: int | None) -> None:
    """Refuse a network of another number of outputs.

    Raises:
        DataError: it has another.
    """
    if outputs is not None and len(classes) != outputs:
        raise DataError(
            f"{name} has {len(classes)} classes, and the network {outputs} outputs",
            fix=f"--classes {len(classes)} with a preset or a spec, and --weights for trained ones",
        )


@dataclass(frozen=True)
class Data:
    """A data set.

    Attributes:
        name: as the command line calls it.
        classes: the names of its classes, by label.
        train: the images to train on.
        test: the images to test on.
        augmented: whether training images are padded, cropped at random and mirrored.
        note: what is not certain about the files it came from.
        findings: what is unusual about files that people gathered.
        digest: what is different where images or labels are; "" where it is not taken.
    """

    name: str
    classes: tuple[str, ...]
    train: Split
    test: Split
    augmented: bool
    note: str = ""
    findings: Findings | None = None
    digest: str = ""

    @property
    def split(self) -> str:
        """A digest of the images and of which of them are for tests; "" without a digest."""
        if not self.digest:
            return ""
        places = b"" if self.test.places is None else self.test.places.numpy().tobytes()
        return hashlib.sha256(self.digest.encode() + places).hexdigest()[:16]

    def check_classes(self, outputs: int) -> None:
        """Refuse a network of another number of outputs.

        Raises:
            DataError: it has another.
        """
        check_classes(self.name, self.classes, outputs)

    def check_tests(self) -> None:
        """Refuse a data set that tests nothing.

        Raises:
            DataError: it has no image for tests.
        """
        if not len(self.test):
            raise DataError(
                f"the data set {self.name} has no images to test",
                fix="images in its test folder, or two of a class where images are held out",
            )


@dataclass(frozen=True)
class Pixels:
    """How bytes become the numbers that a network was trained on."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    @staticmethod
    def of(split: Split) -> Pixels:
        """Mean and standard deviation of each channel of a split, in bytes."""
        _, height, width, channels = split.images.shape
        count = max(1, _AT_ONCE // (height * width))
        counts = torch.zeros(channels, _BYTES, dtype=torch.int64)
        for start in range(0, len(split), count):
            part = split.part(slice(start, start + count))
            for channel, counted in enumerate(counts):
                counted += torch.bincount(part[..., channel].flatten(), minlength=_BYTES)
        values = torch.arange(_BYTES)
        total, squares = counts @ values, counts @ values.square()
        pixels = len(split) * height * width
        mean = total.double() / pixels
        std = (squares.double() / pixels - mean.square()).clamp_min(1).sqrt()
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
            raise DataError(
                f"images cannot be normalised by {self.mean} and {self.std}",
                fix="finite means, and deviations above 0",
            )

    def normalised(self, images: Tensor) -> Tensor:
        """Bytes `(N, H, W, C)` as floats `(N, C, H, W)` in channels-last memory."""
        width = images.shape[2]  # a whole row at once: rows of a few channels are slow
        mean, std = (torch.tensor(values * width) for values in (self.mean, self.std))
        floats = images.flatten(2).float().sub_(mean).div_(std)
        return floats.view(images.shape).permute(0, 3, 1, 2)


class Feeder:
    """Gives the images of a split as a network of `input_shape` takes them.

    Images of files of any size, and others up to `PAD` pixels larger than the input, are cropped
    to it; the rest is resized.
    """

    def __init__(self, split: Split, input_shape: Shape, pixels: Pixels) -> None:
        self.split = split
        self.channels, *self.size = map(int, input_shape)
        self.pixels = pixels
        pixels.check(split.images.shape[3])
        larger = [have - want for have, want in zip(self.image_size, self.size, strict=True)]
        self.crops = split.fitting is not None or all(0 <= extra <= PAD for extra in larger)
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
        covers = self.crops and self.split.fitting != "stretch"
        resize = self.image_size if covers else None
        return Preprocessing(self.pixels.mean, self.pixels.std, order, resize=resize)

    @property
    def window(self) -> tuple[int, int]:
        """Height and width of what is cut out of an image."""
        return (self.size[0], self.size[1]) if self.crops else self.image_size

    def batches(self, size: int, part: slice = slice(None)) -> Iterator[tuple[Tensor, Tensor]]:
        """All images in order, cropped in the middle; of each batch, the `part`."""
        height, width = self.window
        top, left = (
            round((have - want) / 2)
            for have, want in zip(self.image_size, self.window, strict=True)
        )
        for start in range(0, len(self.split), size):
            taken = slice(start, start + size)
            images = self.split.part(taken)[part, top : top + height, left : left + width]
            yield self._fitted(images), self.split.labels[taken][part]

    def augmented(self, chosen: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """The `chosen` images, each padded, cropped at its own place and mirrored or not."""
        count = (len(chosen), 1)
        ends = [
            have + 2 * PAD - want + 1
            for have, want in zip(self.image_size, self.window, strict=True)
        ]
        top, left = (torch.randint(end, count, generator=random) - PAD for end in ends)
        mirrored = torch.randint(2, count, generator=random)
        crops = torch.cat((self.split.at(chosen)[:, None], top, left, mirrored), 1).tolist()
        return self._fitted(self._cropped(crops)), self.split.labels[chosen]

    def _cropped(self, crops: list[list[int]]) -> Tensor:
        """Windows of images, by number, top, left and whether mirrored; zeros lie around images.

        Windows are copied one by one, and no image is padded as a whole.
        """
        source = self.split.images.numpy()
        _, height, width, channels = source.shape
        high, wide = self.window
        result = np.zeros((len(crops), high, wide, channels), np.uint8)
        for window, (number, top, left, mirrored) in zip(result, crops, strict=True):
            rows, columns = _within(top, high, height), _within(left, wide, width)
            inner = (window[:, ::-1] if mirrored else window)[
                rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
            ]
            inner[:] = source[number, rows, columns]
        return torch.from_numpy(result)

    def plain(self, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """The `chosen` images, at least one, as `batches` gives them."""
        split = self.split
        own = Split(split.images[split.at(chosen)], split.labels[chosen], fitting=split.fitting)
        return next(Feeder(own, self.shape, self.pixels).batches(len(chosen)))

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


def _within(first: int, count: int, most: int) -> slice:
    """What of `count` places from `first` on, which may be below 0, is among 0 to `most`."""
    start, stop = (min(max(place, 0), most) for place in (first, first + count))
    return slice(start, stop)
