"""Times formulas: a million specs by numpy against the numeric analysis, and whole processes.

python benchmarks/formula.py        (needs numpy)
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np

import henet_arch as ha

SPECS = 1_000_000
CHECKED = 500
ROUNDS = 5


def main() -> None:
    """Print specs a second of each way, after a check that they agree, and the processes' times."""
    columns = _columns(np.random.default_rng(0))
    print("| HENet, ten numbers open | specs a second | of the analysis |")
    print("| --- | ---: | ---: |")
    for cost in ("params", "macs"):
        evaluate = ha.formula("henet-r3", cost).vectorized()
        found = evaluate(**columns)
        start = time.perf_counter()
        numeric = [getattr(ha.analyze(_spec(columns, index)), cost) for index in range(CHECKED)]
        slow = CHECKED / (time.perf_counter() - start)
        if found[:CHECKED].tolist() != numeric:
            raise SystemExit(f"{cost}: the formula differs from the analysis")
        fast = SPECS / _median(partial(evaluate, **columns))
        print(f"| {cost}, numeric analysis | {slow:,.0f} | 1 |")
        print(f"| {cost}, vectorized formula | {fast:,.0f} | {fast / slow:,.0f} |")
    _processes()


def _processes() -> None:
    start = [sys.executable, "-m", "henet_arch"]
    ways = {
        "all numbers open": ["--symbolic"],
        "all but repeats, which are 3": ["--symbols", "C,H,W,K"],
        "odd chain, as JSON": ["--odd-chain", "--format", "json"],
    }
    print("\n| henet-arch analyze, a whole process | median s |")
    print("| --- | ---: |")
    for name, options in ways.items():
        words = [*start, "analyze", *options]
        seconds = _median(partial(subprocess.run, words, check=True, capture_output=True))
        print(f"| {name} | {seconds:.2f} |")


def _columns(random: np.random.Generator) -> dict[str, np.ndarray]:
    """Widths of eights that double, repeats, odd-chain and other sizes: all of them networks."""
    first = 8 * random.integers(1, 33, SPECS)
    columns = {f"C{index + 1}": first * 2**index for index in range(4)}
    columns |= {f"r{index + 1}": random.integers(1, 9, SPECS) for index in range(3)}
    columns |= {name: random.integers(31, 256, SPECS) for name in "HW"}
    return {**columns, "K": random.integers(2, 1001, SPECS)}


def _spec(columns: dict[str, np.ndarray], index: int) -> ha.Spec:
    one = {name: int(column[index]) for name, column in columns.items()}
    return ha.Spec(
        channels=tuple(one[f"C{number}"] for number in range(1, 5)),
        repeats=tuple(one[f"r{number}"] for number in range(1, 4)),
        input=(3, one["H"], one["W"]),
        classes=one["K"],
    )


def _median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


if __name__ == "__main__":
    main()
