"""Times networks as the HENet paper did: one image, one core, 1,000 passes, five times.

The networks take turns, a few passes each, so that what else the machine does hits all of them and
their ratios hold.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import fmean, median
from typing import Any

import torch

from ...ir.model import Model
from ...results.shown import Shown
from ...results.table import Column, Row, Table
from ...support.errors import LimitError, RunError
from ...support.limits import MOST_PASSES, MOST_RUNS
from ..inputs import check_one_input
from ..runner import Runner
from ..runners import RUNNERS
from .pinning import pinned

_TURN = 20
"""Passes before the next network's turn."""
_WARM_UP = 50
NOISY = 0.1
"""A spread of the runs above which the machine was not quiet."""


@dataclass(frozen=True)
class Times:
    """One network's passes: milliseconds, run by run."""

    name: str
    runs: tuple[tuple[float, ...], ...]

    @property
    def mean(self) -> float:
        """The mean of the runs' means, as the paper prints it: its seconds are for 1,000 passes."""
        return fmean(map(fmean, self.runs))

    @property
    def median(self) -> float:
        """Of all passes; what else the machine did hardly moves it."""
        return median(value for run in self.runs for value in run)

    @property
    def spread(self) -> float:
        """From the fastest run's mean to the slowest's, as a share of the mean."""
        means = [fmean(run) for run in self.runs]
        return (max(means) - min(means)) / self.mean

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "mean_ms": self.mean,
            "median_ms": self.median,
            "spread": self.spread,
            "images_per_second": 1000 / self.median,
        }


@dataclass(frozen=True)
class Timing(Shown):
    """Networks timed side by side."""

    backend: str
    pinned: bool
    times: tuple[Times, ...]

    @property
    def warnings(self) -> list[str]:
        """What makes the numbers less certain."""
        warnings = [] if self.pinned else ["not pinned to a core: this system does not allow it"]
        noisy = [t.name for t in self.times if t.spread > NOISY]
        if noisy:
            warnings.append(
                f"the machine was not quiet: runs of {', '.join(noisy)} differ by more than "
                f"{NOISY:.0%}; trust the medians and their ratios"
            )
        return warnings

    def tables(self) -> Sequence[Table]:
        columns = (
            Column("network"),
            Column("mean ms", number=True, rank=1),
            Column("median ms", number=True),
            Column("spread", number=True, rank=2),
            Column("images/s", number=True, rank=3),
            Column(f"/ {self.times[0].name}", number=True),
        )
        first = self.times[0].median
        rows = [
            Row(
                (
                    t.name,
                    f"{t.mean:.3f}",
                    f"{t.median:.3f}",
                    f"{t.spread:.1%}",
                    f"{1000 / t.median:,.0f}",
                    f"{t.median / first:.3f}",
                )
            )
            for t in self.times
        ]
        runs, passes = len(self.times[0].runs), len(self.times[0].runs[0])
        notes = [
            f"one image, one thread, {runs} runs of {passes:,} passes, taking turns",
            "spread: from the fastest run's mean to the slowest's; images/s and the last column "
            "are of the medians",
        ]
        return [Table(f"{self.backend}: time of one image", columns, rows, notes)]

    def to_dict(self) -> dict[str, Any]:
        values = {"backend": self.backend, "pinned": self.pinned, "torch": torch.__version__}
        return {"schema": 1, **values, "times": self.records(), "warnings": self.warnings}

    def records(self) -> list[dict[str, Any]]:
        return [times.to_dict() for times in self.times]


def time_networks(
    models: Sequence[Model],
    backend: str = "eager",
    *,
    runs: int = 5,
    passes: int = 1000,
    watch: Callable[[int, int], object] = lambda done, total: None,
) -> Timing:
    """Time networks on one core, with random weights and one random image each.

    Raises:
        UnknownNameError: there is no such backend.
        ExtraError: its package is not installed.
        RunError: there is nothing to run, or a network has several inputs.
        LimitError: there are more runs or passes than the limit.
    """
    runner = RUNNERS[backend]
    if not models or runs < 1 or passes < 1:
        raise RunError(f"{len(models)} networks, {runs} runs of {passes} passes: nothing to time")
    for model in models:
        check_one_input(model.graph, "what is timed")
    if runs > MOST_RUNS or passes > MOST_PASSES:
        raise LimitError(
            f"{runs:,} runs of {passes:,} passes are more than are timed at once",
            why=f"the limit is {MOST_RUNS:,} runs of {MOST_PASSES:,} passes",
        )
    with one_core() as pinned, torch.inference_mode():
        calls = [_prepared(runner, model) for model in models]
        result = _take_turns(calls, runs, passes, watch)
    times = tuple(Times(model.name, tuple(own)) for model, own in zip(models, result, strict=True))
    return Timing(backend, pinned, times)


def _prepared(runner: Runner, model: Model) -> Callable[[], object]:
    """One pass of a random image."""
    torch.manual_seed(0)
    with torch.inference_mode(False), torch.no_grad():
        prepared = runner.prepare(model)
        given = prepared.feed(torch.rand(1, *model.graph.input_shape).numpy())
    call = partial(prepared.run, given)
    for _ in range(_WARM_UP):
        call()
    return call


def _take_turns(
    calls: Sequence[Callable[[], object]],
    runs: int,
    passes: int,
    watch: Callable[[int, int], object],
) -> list[list[tuple[float, ...]]]:
    times: list[list[tuple[float, ...]]] = [[] for _ in calls]
    for run in range(runs):
        values: list[list[float]] = [[] for _ in calls]
        for start in range(0, passes, _TURN):
            for call, own in zip(calls, values, strict=True):
                own.extend(_milliseconds(call, min(_TURN, passes - start)))
            watch(run * passes + min(start + _TURN, passes), runs * passes)
        for own, all_runs in zip(values, times, strict=True):
            all_runs.append(tuple(own))
    return times


def _milliseconds(call: Callable[[], object], passes: int) -> Iterator[float]:
    for _ in range(passes):
        start = time.perf_counter()
        call()
        yield (time.perf_counter() - start) * 1000


@contextmanager
def one_core() -> Iterator[bool]:
    """One thread, kept on one core where the system allows it; yields whether it does."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with pinned() as pins:
            yield pins
    finally:
        torch.set_num_threads(threads)
