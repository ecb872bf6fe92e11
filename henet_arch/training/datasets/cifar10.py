"""CIFAR-10 (Krizhevsky, 2009): 60,000 colour photographs, 32x32, of 10 classes."""

from __future__ import annotations

from ..images.archive import Archive
from ..images.archive_dataset import archived

ARCHIVE = Archive(
    url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    md5="c32a1d4ab5d03f1284b67883e8d87530",
    folder="cifar-10-batches-bin",
    train=tuple(f"data_batch_{number}.bin" for number in range(1, 6)),
    test=("test_batch.bin",),
    records=(10_000, 10_000),
    labels=1,
    classes=(
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ),
)

DATASET = archived("cifar10", ARCHIVE)
