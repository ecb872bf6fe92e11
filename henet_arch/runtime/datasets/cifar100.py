"""CIFAR-100 (Krizhevsky, 2009): 60,000 colour photographs, 32x32, of 100 classes."""

from __future__ import annotations

from pathlib import Path

from ..data import Data
from ..files import Archive, read_archive

ARCHIVE = Archive(
    url="https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
    md5="03b5dce01913d631647c71ecec9e9cb8",
    folder="cifar-100-binary",
    train=("train.bin",),
    test=("test.bin",),
    records=(50_000, 10_000),
    labels=2,
    classes=tuple(f"fine {number}" for number in range(100)),
)


def load(folder: Path | None) -> Data:
    """The official archive, or the folder that it unpacks to, with the fine labels."""
    return read_archive("cifar100", ARCHIVE, folder)
