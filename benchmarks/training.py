"""Training throughput on one core: ours against the hand-written module, eager and channels-last.

    python benchmarks/training.py [ROUNDS]

The peers are given random images in memory and run the plainest loop. Ours is `henet-arch train`
as its users run it, with cropping and mirroring, the log, and Lightning around it. They take turns.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median

import torch
from henet_torch import henet
from torch.nn import functional

from henet_arch.runtime import data as datasets
from henet_arch.runtime.settings import Settings
from henet_arch.runtime.training import Machine, train

BATCH, STEPS = 128, 12


def _loop(memory_format: torch.memory_format) -> Callable[[], float]:
    """A hand-written training of STEPS steps, in images per second."""
    model = henet(repeats=2).to(memory_format=memory_format).train()
    optimizer = torch.optim.SGD(
        model.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=0.0005
    )
    images = torch.rand(BATCH, 3, 31, 31).contiguous(memory_format=memory_format)
    labels = torch.randint(10, (BATCH,))

    def steps() -> float:
        seconds = []
        for _ in range(STEPS):
            start = time.perf_counter()
            optimizer.zero_grad()
            functional.cross_entropy(model(images), labels).backward()
            optimizer.step()
            seconds.append(time.perf_counter() - start)
        return BATCH / median(seconds)

    return steps


def _ours() -> float:
    """`henet-arch train` on as many images as STEPS steps take, in images per second."""
    random = torch.randint(0, 256, (BATCH * STEPS, 32, 32, 3), dtype=torch.uint8)
    labels = torch.arange(len(random)) % 10
    split = datasets.Split(random, labels)
    few = datasets.Split(random[:10], labels[:10])
    classes = tuple(map(str, range(10)))
    datasets.load = lambda name, folder=None: datasets.Data(name, classes, split, few, True)
    ends: list[float] = []
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        train(
            "henet-r2",
            Settings("random", epochs=1, batch=BATCH),
            Path(folder) / "run",
            machine=Machine(checkpoint_every=10 * STEPS),
            watch=lambda step, steps, row: ends.append(time.perf_counter()),
        )
    steps = [after - before for before, after in pairwise(ends[:-1])]  # the last step evaluates
    return BATCH / median(steps)


def main() -> None:
    """Print a table of medians over all rounds."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    torch.set_num_threads(1)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    runs: dict[str, Callable[[], float]] = {
        "hand-written, eager": _loop(torch.contiguous_format),
        "hand-written, channels-last": _loop(torch.channels_last),
        "henet-arch train": _ours,
    }
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            found[name].append(run())
    faster = max(median(found[name]) for name in list(runs)[:2])
    print("HENet Repeat 2, batch 128, one core\n")
    print("| training | images/s | of the faster peer |\n| --- | ---: | ---: |")
    for name, speeds in found.items():
        print(f"| {name} | {median(speeds):.0f} | {median(speeds) / faster:.2f} |")


if __name__ == "__main__":
    main()
