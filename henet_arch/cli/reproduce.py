"""`henet-arch reproduce`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..codes import FAILED
from .options import Format, Output
from .timing import Backend, Passes, Runs, measured

if TYPE_CHECKING:
    from ..reproduce import PaperTimes


def reproduce(
    time: Annotated[
        bool, typer.Option("--time", help="Measure the time column too, on this machine.")
    ] = False,
    backend: Backend = "eager",
    runs: Runs = 5,
    passes: Passes = 1000,
    format: Format = None,
    output: Output = None,
) -> None:
    """Hold the HENet paper's tables against ours; exit 1 where a cell differs unexplained."""
    from ..reproduce import Reproduction
    from .output import show

    found = Reproduction(_times(backend, runs, passes) if time else None)
    show(found, format, output)
    if not found.holds:
        raise typer.Exit(FAILED)


def _times(backend: str, runs: int, passes: int) -> PaperTimes:
    from ..reproduce import PaperTimes

    timing = measured(PaperTimes.networks(), backend, runs, passes)
    how = f"ours: {backend}, medians of {runs} runs of {passes:,} passes; the paper: Caffe"
    return PaperTimes(how, {times.name: times.median for times in timing.times})
