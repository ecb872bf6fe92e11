"""Image files of any sizes, in folders named as their classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..dataset import OPTIONS, DataSet, Request

if TYPE_CHECKING:
    from ..data import Data


def load(request: Request) -> Data:
    """The images in train/CLASS and test/CLASS, or in CLASS, of the folder."""
    from ..images.image_folder.load import load as read

    return read(request)


DATASET = DataSet(
    "image files in DIR/train/CLASS and DIR/test/CLASS, or DIR/CLASS, of any sizes",
    load,
    frozenset(OPTIONS),
)
