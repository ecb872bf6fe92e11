"""Training steps on one core: the compiled one against PyTorch's ways to run the same module.

    python benchmarks/steps.py [--compile] [--rounds N] [NETWORK ...]

A step is the forward pass, cross-entropy and the backward pass of a batch of 128 random images. The
ways take turns, step by step, so that what else the machine does hits all of them; each has had a
step before. Memory is what a process of its own grows by in two steps, at its peak.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
from torch import nn
from torch.nn import functional

import henet_arch as ha
from henet_arch.runtime.torch.module import channels_last, to_torch
from henet_arch.runtime.training import native

BATCH = 128
NETWORKS = ("henet-r2", "henet-r3", "henet-r4", "shufflenet-r2", "shufflenet-r5", "resnet20")
NATIVE, EAGER, LAST, COMPILED, HALF = (
    "native", "eager", "eager, channels-last", "torch.compile", "bfloat16 autocast",
)  # fmt: skip
WAYS = (NATIVE, EAGER, LAST, HALF)


def step_of(network: str, way: str) -> Callable[[], None]:
    """One step of a network, as often as it is called."""
    graph = ha.load(network).graph
    model: nn.Module = to_torch(graph).train()
    images = torch.randn(BATCH, *graph.input_shape)
    labels = torch.randint(int(graph.output_shape[0]), (BATCH,))
    if way == NATIVE:
        model = native(graph, model)
    elif way in (LAST, HALF, COMPILED):
        model = channels_last(model)
        images = images.contiguous(memory_format=torch.channels_last)
    run = torch.compile(model) if way == COMPILED else model

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=way == HALF):
            loss = functional.cross_entropy(run(images), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        model.zero_grad()

    return step


def seconds(
    network: str, ways: tuple[str, ...], rounds: int
) -> dict[str, list[tuple[float, float]]]:
    """CPU and wall seconds of each step of each way."""
    steps = {way: step_of(network, way) for way in ways}
    for step in steps.values():
        step()
    result: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, step in steps.items():
            cpu, wall = time.process_time(), time.perf_counter()
            step()
            result[way].append((time.process_time() - cpu, time.perf_counter() - wall))
    return result


def _kilobytes(name: str) -> int:
    """What Linux knows of this process's memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(f"{name}:"))
    return int(line.split()[1])


def _grown(network: str, way: str, answer: multiprocessing.Queue[float]) -> None:
    torch.set_num_threads(1)
    step = step_of(network, way)
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = _kilobytes("VmRSS")
    for _ in range(2):
        step()
    answer.put((_kilobytes("VmHWM") - before) / 1e3)


def megabytes(network: str, way: str) -> float:
    """What a process of its own grows by."""
    context = multiprocessing.get_context("spawn")
    answer: multiprocessing.Queue[float] = context.Queue()
    process = context.Process(target=_grown, args=(network, way, answer))
    process.start()
    grown = answer.get()
    process.join()
    return grown


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--compile", action="store_true", help="torch.compile too: minutes each")
    parser.add_argument("--no-memory", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    ways = (*WAYS, COMPILED) if given.compile else WAYS
    print("| network | how | images/s, CPU | images/s, wall | of channels-last | MB |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for network in given.networks:
        timed = seconds(network, ways, given.rounds)
        usual = median(cpu for cpu, _ in timed[LAST])
        for way, each in timed.items():
            cpu, wall = (median(values) for values in zip(*each, strict=True))
            grown = "" if given.no_memory else f"{megabytes(network, way):.0f}"
            print(
                f"| {network} | {way} | {BATCH / cpu:.0f} | {BATCH / wall:.0f} | "
                f"{usual / cpu:.2f} | {grown} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
