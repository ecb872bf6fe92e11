"""Handwritten digits of scikit-learn: 1,797 grey images, 8x8, of 10 classes; nothing to fetch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...support.errors import DataError
from ...support.optional import need
from ..dataset import DataSet, Request

if TYPE_CHECKING:
    from ..data import Data


def load(request: Request) -> Data:
    """A fifth of each class is held out, always the same.

    Raises:
        DataError: a folder is said, and no file of it would be read.
    """
    import torch

    from ..data import Data, Split

    if request.folder is not None:
        raise DataError(
            "digits has no files",
            where=str(request.folder),
            why="scikit-learn brings it",
            fix="no --data-dir, or --data folder for images of your own",
        )
    digits = need("sklearn.datasets", "train").load_digits()
    splitter = need("sklearn.model_selection", "train").train_test_split
    images = (torch.from_numpy(digits.images) * (255 / 16)).round().byte().unsqueeze(3)
    labels = torch.from_numpy(digits.target).long()
    train, test = splitter(range(len(labels)), test_size=0.2, random_state=0, stratify=labels)
    return Data(
        "digits",
        tuple(map(str, range(10))),
        Split(images[train], labels[train]),
        Split(images[test], labels[test]),
        augmented=False,
    )


DATASET = DataSet("1,797 grey digits of scikit-learn, 8x8; no files", load)
