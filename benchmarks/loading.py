"""Seconds to read CIFAR-10 from image files and from the official archive, and to make a batch.

    python benchmarks/loading.py FOLDER ARCHIVE

FOLDER holds train/CLASS/*.jpg and test/CLASS/*.jpg, and ARCHIVE the official binary files. Images
of a folder are read three times: decoded into an empty cache, and from it. Batches are of 128
images of 31x31 on one thread: as they are, cropped and mirrored, and with all that there is.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import torch

from henet_arch.support import cache
from henet_arch.training import datasets
from henet_arch.training.data import Data, Feeder, Pixels
from henet_arch.training.dataset import Request
from henet_arch.training.images.sampling import Sampling
from henet_arch.training.images.stream import Stream

_BATCH, _BATCHES = 128, 60
_WAYS = {
    "as they are": (False, Sampling()),
    "cropped and mirrored": (True, Sampling()),
    "balanced, cutout, mixup too": (True, Sampling(balanced=True, cutout=8, mixup=0.2)),
}


def _read(name: str, folder: Path, what: str) -> Data:
    start = time.perf_counter()
    data = datasets.load(name, Request(folder, 3, (31, 31), 10))
    print(f"{what:<28} {time.perf_counter() - start:8.2f} s")
    return data


def _batches(data: Data) -> None:
    feeder = Feeder(data.train, (3, 31, 31), Pixels.of(data.train))
    for what, (augmented, sampling) in _WAYS.items():
        stream = Stream(feeder, _BATCH, 0, augmented=augmented, sampling=sampling, classes=10)
        batches, seconds = iter(stream), []
        for _ in range(_BATCHES):
            start = time.perf_counter()
            next(batches)
            seconds.append(time.perf_counter() - start)
        print(f"{what:<28} {median(seconds) * 1000:8.2f} ms a batch")


def main(folder: Path, archive: Path) -> None:
    """Print all times."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as empty:
        os.environ[cache.VARIABLE] = empty
        _read("folder", folder, "folder, decoded")
        for _ in range(2):
            data = _read("folder", folder, "folder, from the cache")
            _read("cifar10", archive, "archive")
        _batches(data)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
