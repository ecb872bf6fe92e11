"""Every fuzzer in turn, once and for as long as is asked for: `make fuzz SECONDS=3600 SEED=1`.

It prints how many inputs each has tried and what it found, and ends with 1 if that is anything.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter

from fuzz.properties import PROPERTIES, Property
from hypothesis import HealthCheck, given, seed, settings
from hypothesis.errors import HypothesisWarning

_MOST_FAULTS = 5
"""Different faults of one kind of input after which its turn is passed over."""


class _Tried:
    """One property, how often it was tried, and the faults that were found by their places."""

    def __init__(self, held: Property) -> None:
        self.held = held
        self.turns = 0
        self.count = 0
        self.faults: dict[str, str] = {}

    def turn(self, number: int) -> None:
        """Try some inputs, which `number` and the turns before decide, and no machine's speed."""
        number += self.turns
        self.turns += 1
        made = settings(
            max_examples=self.held.examples,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )(given(self.held.inputs)(self._check))
        try:
            seed(number)(made)()
        except Exception as error:
            self.faults.setdefault(_place(error), traceback.format_exc())

    def _check(self, example: object) -> None:
        self.count += 1
        self.held.check(example)


def _place(error: BaseException) -> str:
    """The kind of an error and the line that raised it."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {last.filename}:{last.lineno}"


def main() -> int:
    """Turns until the time is over and each had one; 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=list(PROPERTIES), help="one kind of input")
    asked = parser.parse_args()
    warnings.simplefilter("error")
    warnings.simplefilter("ignore", HypothesisWarning)
    tried = {n: _Tried(p) for n, p in PROPERTIES.items() if asked.only in (None, n)}
    spent = Counter[str]()
    end = time.monotonic() + asked.seconds
    while time.monotonic() < end or not all(one.turns for one in tried.values()):
        open_ = [name for name in tried if len(tried[name].faults) < _MOST_FAULTS]
        if not open_:
            break
        name = min(open_, key=lambda name: spent[name])
        start = time.monotonic()
        tried[name].turn(asked.seed * 1_000_000)
        spent[name] += round(1000 * (time.monotonic() - start)) + 1
    for name, one in tried.items():
        print(
            f"{name}: {one.count:,} inputs in {spent[name] / 1000:.0f} s, {len(one.faults)} faults"
        )
        for place, story in one.faults.items():
            print(f"\n--- {name}: {place}\n{story}")
    return int(any(one.faults for one in tried.values()))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as cache:
        os.environ |= {"HENET_ARCH_CACHE": cache, "MPLBACKEND": "agg", "COLUMNS": "80"}
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        sys.exit(main())
