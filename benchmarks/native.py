"""Times one image in emitted C and in its peers, side by side on one core.

python benchmarks/native.py [ROUNDS]        (needs the `bench` extra and a C compiler)
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch

import henet_arch as ha
from henet_arch.ir.model import Model
from henet_arch.runtime.c import load
from henet_arch.runtime.c.compiler import NATIVE, compiler
from henet_arch.runtime.initial import drawn
from henet_arch.runtime.measure.peak import peak
from henet_arch.runtime.measure.timing import one_core
from henet_arch.runtime.runners import RUNNERS

NETWORKS = ("henet-r2", "henet-r3", "henet-r4", "shufflenet-r2", "shufflenet-r5")
PEERS = ("eager", "onnxruntime", "openvino", "compile")
OURS = {"C": NATIVE, "C, x86-64-v3": ("-march=x86-64-v3",)}
WARM_UP = 50
TURN = 20
"""Passes of one network on one backend before the next one's turn."""


def prepared(network: str) -> dict[str, Callable[[], object]]:
    """One pass of one image on each backend, with the same weights."""
    graph = ha.build(network)
    model = drawn(Model(graph, ha.preset(network)), "kaiming")
    image = np.random.default_rng(0).random((1, *graph.input_shape), np.float32)
    calls: dict[str, Callable[[], object]] = {}
    for name in PEERS:
        peer = RUNNERS[name].prepare(model)
        calls[name] = partial(peer.run, peer.feed(image))
    for name, flags in OURS.items():
        calls[name] = partial(load(graph, model.weights or {}, flags=flags), image)
    return calls


def measured(rounds: int) -> dict[tuple[str, str], float]:
    """Medians in microseconds; all networks on all backends take turns."""
    with torch.no_grad():
        calls = {(n, b): call for n in NETWORKS for b, call in prepared(n).items()}
    with torch.inference_mode():
        return _medians(calls, rounds)


def _medians(
    calls: dict[tuple[str, str], Callable[[], object]], rounds: int
) -> dict[tuple[str, str], float]:
    times: dict[tuple[str, str], list[float]] = {key: [] for key in calls}
    for call in calls.values():
        for _ in range(WARM_UP):
            call()
    for _ in range(rounds):
        for key, call in calls.items():
            for _ in range(TURN):
                start = time.perf_counter()
                call()
                times[key].append(1e6 * (time.perf_counter() - start))
    return {key: statistics.median(values) for key, values in times.items()}


def emission(network: str) -> str:
    """How long emitting and compiling takes, and how long the code is."""
    start = time.perf_counter()
    source = ha.emit(ha.build(network), "c").text
    emitted = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "network.c"
        text.write_text(source)
        start = time.perf_counter()
        compiler().compile(text, Path(folder) / "network.so")
        compiled = time.perf_counter() - start
    return (
        f"{network}: emitted in {emitted:.2f} s, compiled in {compiled:.2f} s, "
        f"{len(source):,} bytes of code without weights"
    )


def table(found: dict[tuple[str, str], float]) -> None:
    """Microseconds, and the ratio of C to the fastest peer."""
    backends = [*PEERS, *OURS]
    print(f"| network | {' | '.join(backends)} | C to the fastest other |")
    print(f"| --- | {' | '.join('---:' for _ in backends)} | ---: |")
    for network in NETWORKS:
        row = [f"{found[network, backend]:,.0f}" for backend in backends]
        ratio = found[network, "C"] / min(found[network, peer] for peer in PEERS)
        print(f"| {network} | {' | '.join(row)} | {ratio:.3f} |")


def main() -> None:
    """Print the table and the ratios that people ask for."""
    warnings.simplefilter("ignore")
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    with one_core():
        found = measured(rounds)
        best = {name: peak(flags) for name, flags in OURS.items()}
    print(f"{compiler().title}; {rounds * TURN:,} passes each, medians, us")
    table(found)
    flops = 2 * int(ha.analyze("henet-r3").macs)
    other = min(found["shufflenet-r5", peer] for peer in PEERS)
    for name, gflops in best.items():
        reached = flops / found["henet-r3", name] / 1e3
        fastest = min(found["henet-r3", peer] for peer in PEERS)
        print(
            f"{name}: peak {gflops:.1f} GFLOP/s; HENet R3 {reached:.1f}, {reached / gflops:.1%}, "
            f"and in {found['henet-r3', name] / fastest:.3f} of the time of the fastest other"
        )
        print(
            f"{name}: HENet R2 to ShuffleNet R5 on its fastest other runtime "
            f"{found['henet-r2', name] / other:.3f}, on {name} itself "
            f"{found['henet-r2', name] / found['shufflenet-r5', name]:.3f}"
        )
    print(emission("henet-r4"))


if __name__ == "__main__":
    main()
