"""Times `budget`: ten million specs on one core, its memory, and the numeric analysis beside it.

python benchmarks/budget.py        (needs numpy)
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from math import inf

import henet_arch as ha
from henet_arch.search.choices import space
from henet_arch.search.explore import explore
from henet_arch.search.query import Query, query
from henet_arch.spec.build import reach

SPECS = (1_000_000, 10_000_000)
PROBED = 3001


def main() -> None:
    """Print specs a second of both ways, and seconds and memory of two sizes of one search."""
    slow = _analyzed(_question())
    print("| specs | seconds, formulas found among them | specs a second | of the analysis | MiB |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    for count in SPECS:
        words = [sys.executable, __file__, str(count)]
        done = subprocess.run(words, check=True, capture_output=True, text=True)
        seconds, mebibytes = map(float, done.stdout.split())
        fast = count / seconds
        print(f"| {count:,} | {seconds:.2f} | {fast:,.0f} | {fast / slow:,.0f} | {mebibytes:.0f} |")
    print(f"\nThe numeric analysis: {slow:,.0f} specs a second.")


def _question() -> Query:
    """HENets under the budget of Repeat 3: 50,577,408 specs, of which an eighth are networks."""
    widths = [range(4, 65, 4), range(8, 129, 8), range(8, 193, 8), range(16, 385, 16)]
    found = space("henet-r3", channels=widths, repeats=[range(1, 8)] * 3)
    return query(found, at_most={"params": 87_058, "macs": 10_046_040, "memory": 500_000})


def _analyzed(asked: Query) -> float:
    """Networks a second by the numeric analysis, of some that lie all over the space."""
    step = asked.space.size // PROBED
    specs = map(asked.space.spec, range(0, asked.space.size, step))
    networks = [spec for spec in specs if reach(spec) == inf]
    start = time.perf_counter()
    for spec in networks:
        ha.analyze(spec)
    return len(networks) / (time.perf_counter() - start)


def _search(count: int) -> None:
    """Seconds and the most memory of a search of so many specs, in a process of its own."""
    start = time.perf_counter()
    explore(_question(), 0, count)
    seconds = time.perf_counter() - start
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _search(int(sys.argv[1]))
    else:
        main()
