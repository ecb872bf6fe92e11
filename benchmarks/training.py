"""Training throughput on one core: ours against the hand-written module, eager and channels-last.

    python benchmarks/training.py [STEPS]

The peers are given random images in memory and run the plainest loop. Ours is `henet-arch train`
as its users run it, with cropping and mirroring, the log, and Lightning around it. They take turns,
step by step, so that what else the machine does hits all of them.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from henet_torch import henet
from torch.nn import functional

import henet_arch as ha
from henet_arch.training.data import Data, Split
from henet_arch.training.loop import train
from henet_arch.training.machine import Machine
from henet_arch.training.settings import Settings

BATCH = 128
OURS = "henet-arch train"
FEWEST = 3


def _peer(memory_format: torch.memory_format) -> Callable[[], None]:
    """One step of a hand-written training."""
    model = henet(repeats=2).train()
    model.to(memory_format=memory_format)  # type: ignore[call-overload]
    optimizer = torch.optim.SGD(
        model.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=0.0005
    )
    images = torch.rand(BATCH, 3, 31, 31).contiguous(memory_format=memory_format)
    labels = torch.randint(10, (BATCH,))

    def step() -> None:
        optimizer.zero_grad()
        functional.cross_entropy(model(images), labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return step


def _images(count: int) -> Data:
    images = torch.randint(0, 256, (count, 32, 32, 3), dtype=torch.uint8)
    labels = torch.arange(count) % 10
    few = Split(images[:10], labels[:10])
    return Data("random", tuple(map(str, range(10))), Split(images, labels), few, augmented=True)


def measure(steps: int) -> dict[str, list[float]]:
    """Seconds of each step of each."""
    peers = {
        "hand-written, eager": _peer(torch.contiguous_format),
        "hand-written, channels-last": _peer(torch.channels_last),
    }
    found: dict[str, list[float]] = {name: [] for name in (*peers, OURS)}
    ended = 0.0

    def take_turns(step: int, total: int, row: object) -> None:
        nonlocal ended
        if ended and step < total:  # the last step evaluates
            found[OURS].append(time.perf_counter() - ended)
        for name, peer in peers.items():
            start = time.perf_counter()
            peer()
            found[name].append(time.perf_counter() - start)
        ended = time.perf_counter()

    with tempfile.TemporaryDirectory() as folder:
        train(
            ha.load("henet-r2"),
            Settings("random", epochs=1, batch=BATCH),
            Path(folder) / "run",
            data=_images(BATCH * steps),
            machine=Machine(checkpoint_every=10 * steps),
            watch=take_turns,
        )
    return found


def main() -> None:
    """Print a table of medians."""
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    if steps < FEWEST:
        sys.exit(f"at least {FEWEST} steps: the first and the last of ours are not timed")
    torch.set_num_threads(1)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    speeds = {name: BATCH / median(seconds) for name, seconds in measure(steps).items()}
    faster = max(speed for name, speed in speeds.items() if name != OURS)
    print(f"HENet Repeat 2, batch {BATCH}, one core, medians of {steps} steps\n")
    print("| training | images/s | of the faster peer |\n| --- | ---: | ---: |")
    for name, speed in speeds.items():
        print(f"| {name} | {speed:.0f} | {speed / faster:.3f} |")


if __name__ == "__main__":
    main()
