"""One image file as bytes of the size that is kept, or why it is none."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from ....ir.contract import CROP
from ....ir.preprocessing import covering
from ....runtime.image_files import TRAITS, read_picture, read_size
from ....runtime.preprocess import stored
from ....support.errors import DataError, FileError, ImageError
from ....support.printable import printable
from ...dataset import Resize
from ...findings import Finding
from .walk import SKIPPED, File

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MEASURED = 1000
"""Images whose size is looked at, to choose what all of them cover."""
_TINY = 4
"""An image that is made so many times larger, or more, is told."""
UNREADABLE = "unreadable"
_KINDS = {
    "empty": "empty",
    "no image": "no images",
    "damaged": "damaged or cut",
    "too large": "too large",
    UNREADABLE: "not readable",
}


class Fault(NamedTuple):
    """Why a file holds no image."""

    kind: str
    detail: str


class Taken(NamedTuple):
    """What a file gives: pixels `(H, W, C)`, or a fault."""

    pixels: NDArray[np.uint8] | None
    traits: tuple[str, ...] = ()
    fault: Fault | None = None


def take(path: str, channels: int, size: tuple[int, int], resize: tuple[int, int] | None) -> Taken:
    """The image in a file as `stored` keeps it."""
    try:
        picture = read_picture(Path(path))
    except ImageError as error:
        return Taken(None, fault=Fault(error.fault, printable(error.why)))
    except FileError as error:
        return Taken(None, fault=Fault(UNREADABLE, printable(error.what)))
    height, width, have = picture.pixels.shape
    whole = covering((height, width), resize) if resize else size
    traits = [trait for trait in picture.traits if trait != "grey" or channels != 1]
    if have == 3 and channels == 1:
        traits.append("colour")
    if whole[0] >= _TINY * height or whole[1] >= _TINY * width:
        traits.append("tiny")
    return Taken(stored(picture.pixels, channels, size, resize), tuple(traits))


def coverage(
    root: str, files: Sequence[File], size: tuple[int, int], asked: Resize
) -> tuple[int, int] | None:
    """The height and width that all images cover; None where they are stretched to the input.

    Where nobody says: as much larger than the input as half of the images are at least, up to 8/7
    of it, so that crops differ and few images are made larger.

    Raises:
        DataError: what is asked for is smaller than the input.
    """
    if asked == "stretch":
        return None
    if asked is not None:
        if any(cover < side for cover, side in zip(asked, size, strict=True)):
            raise DataError(
                f"images that cover {asked[0]}x{asked[1]} are smaller than the input, "
                f"{size[0]}x{size[1]}",
                fix=f"--resize {size[0]}x{size[1]} or more",
            )
        return asked
    sizes = []
    for file in files[:: max(1, len(files) // _MEASURED)]:
        try:
            sizes.append(read_size(Path(os.path.join(root, file.path))))
        except FileError:
            continue
    sides = zip(*sizes, strict=True) if sizes else [(side,) for side in size]
    tall, wide = (
        min(max(round(median(have)), want), round(want / CROP))
        for have, want in zip(sides, size, strict=True)
    )
    return tall, wide


_OUTCOMES = {
    **TRAITS,
    "colour": "made grey",
    "tiny": "much enlarged",
}


def described(path: str, traits: Sequence[str]) -> list[Finding]:
    """What is unusual about an image, in words."""
    return [Finding(path, trait, _OUTCOMES.get(trait, ""), False) for trait in traits]


def explained(path: str, fault: Fault) -> Finding:
    """Why a file is not used, in words."""
    return Finding(path, _KINDS.get(fault.kind, fault.kind), SKIPPED, True, fault.detail)
