"""Times one image in emitted C and in its peers, side by side on one core.

python benchmarks/native.py [NETWORK ...]       (needs the `bench` extra and a C compiler)

Without names all presets are timed but those of more than a billion multiply-accumulates. All
runtimes take turns on a network, and the ratio is the median of the rounds' ratios, so that what
else the machine does hits all of them. `--compile-only` fills the cache of compiled networks, and
says how long each takes and how long its code is.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from statistics import median

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

Call = Callable[[], object]
PEERS = ("onnxruntime", "openvino")
LARGEST = 1_000_000_000
"""Multiply-accumulates above which a network is timed only by its name."""
TURN = 0.02
"""Seconds of one runtime's turn, in whole passes."""
MOST_PASSES = 20
FEWEST_ROUNDS, MOST_ROUNDS = 7, 100


@dataclass(frozen=True)
class Times:
    """Seconds of a pass, a turn each: by the clock, and of this process on all cores."""

    wall: list[float]
    cpu: list[float]

    @property
    def row(self) -> str:
        """Microseconds by the clock and of processor time."""
        return f"{1e6 * median(self.wall):,.0f} / {1e6 * median(self.cpu):,.0f}"


def prepared(network: str, peers: Sequence[str], sets: Sequence[str]) -> dict[str, Call]:
    """One pass of one image on each runtime, with the same weights; ours come first."""
    graph = ha.build(network)
    model = drawn(Model(graph, ha.preset(network)), "kaiming")
    weights = dict(model.weights or {})
    image = np.random.default_rng(0).random((1, *graph.input_shape), np.float32)
    calls: dict[str, Call] = {
        f"C {flag}": partial(load(graph, weights, flags=(f"-march={flag}",)), image)
        for flag in sets
    }
    for name in peers:
        peer = RUNNERS[name].prepare(model)
        calls[name] = partial(peer.run, peer.feed(image))
    return calls


def measured(calls: dict[str, Call], seconds: float) -> dict[str, Times]:
    """All runtimes in turns for about so many seconds; the order turns too."""
    passes = {name: min(MOST_PASSES, ceil(TURN / _once(call))) for name, call in calls.items()}
    spent = sum(passes[name] * _once(call) for name, call in calls.items())
    rounds = min(MOST_ROUNDS, max(FEWEST_ROUNDS, int(seconds / spent)))
    times: dict[str, Times] = {name: Times([], []) for name in calls}
    names = list(calls)
    for turn in range(rounds):
        start = turn % len(names)
        for name in names[start:] + names[:start]:
            wall, cpu = _turn(calls[name], passes[name])
            times[name].wall.append(wall)
            times[name].cpu.append(cpu)
    return times


def _once(call: Call) -> float:
    """Seconds of a pass once it is warm."""
    call()
    return min(_turn(call, 1)[0] for _ in range(3))


def _turn(call: Call, passes: int) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(passes):
        call()
    return (time.perf_counter() - wall) / passes, (time.process_time() - cpu) / passes


def ratio(ours: Times, theirs: Times) -> float:
    """The median of the rounds' ratios."""
    return median(a / b for a, b in zip(ours.wall, theirs.wall, strict=True))


def rows(args: argparse.Namespace) -> Iterator[str]:
    """A line of the table for each network."""
    sets = [f"C {flag}" for flag in args.march]
    columns = [*args.peers, *sets, *(f"{name} to the better other" for name in sets)]
    best = peak((f"-march={args.march[0]}",))
    yield f"| network | {' | '.join(columns)} | of peak |"
    yield f"| --- | {' | '.join('---:' for _ in columns)} | ---: |"
    for network in args.networks:
        flops = 2 * int(ha.analyze(network).macs)
        found = measured(prepared(network, args.peers, args.march), args.seconds)
        ratios = [max(ratio(found[name], found[peer]) for peer in args.peers) for name in sets]
        reached = flops / median(found[sets[0]].wall) / 1e9 / best
        cells = [*(found[name].row for name in (*args.peers, *sets))]
        cells += [*(f"{value:.3f}" for value in ratios), f"{reached:.0%}"]
        yield f"| {network} | {' | '.join(cells)} |"


def emissions(args: argparse.Namespace) -> Iterator[str]:
    """How long emitting takes, compiling or reading from the cache, and how long the code is."""
    yield "| network | emitted, s | compiled or found, s | bytes of code without weights |"
    yield "| --- | ---: | ---: | ---: |"
    for network in args.networks:
        graph = ha.build(network)
        start = time.perf_counter()
        source = ha.emit(graph, "c").text
        emitted = time.perf_counter() - start
        weights = drawn(Model(graph, ha.preset(network)), "kaiming").weights or {}
        start = time.perf_counter()
        for flag in args.march:
            load(graph, weights, flags=(f"-march={flag}",))
        taken = time.perf_counter() - start
        yield f"| {network} | {emitted:.2f} | {taken:.2f} | {len(source):,} |"


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", help="presets")
    parser.add_argument("--peer", action="append", choices=list(RUNNERS), help=", ".join(PEERS))
    parser.add_argument("--march", action="append", help="instruction sets; the machine's own")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each network")
    parser.add_argument("--compile-only", action="store_true")
    args = parser.parse_args()
    args.peers = args.peer or PEERS
    args.march = args.march or [NATIVE[0].removeprefix("-march=")]
    args.networks = args.networks or [
        name for name in ha.presets() if int(ha.analyze(name).macs) <= LARGEST
    ]
    print(f"{compiler().title}; medians, microseconds by the clock / of processor time")
    with one_core(), torch.inference_mode():
        for line in (emissions if args.compile_only else rows)(args):
            print(line, flush=True)


if __name__ == "__main__":
    main()
