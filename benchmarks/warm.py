"""Times building and analyzing HENet Repeat 3 in a warm process with nothing else in it.

python benchmarks/warm.py
"""

from __future__ import annotations

import statistics
import time

import henet_arch as ha

ROUNDS = 1000


def main() -> None:
    """Print the median and the fastest of a thousand rounds."""
    spec = ha.Spec(channels=(24, 48, 96, 192), repeats=3)
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        ha.analyze(ha.build(spec))
        times.append(1e3 * (time.perf_counter() - start))
    print(f"build and analyze: median {statistics.median(times):.2f} ms, fastest {min(times):.2f}")


if __name__ == "__main__":
    main()
