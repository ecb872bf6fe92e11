"""`henet-arch reproduce`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..support.exit_codes import FAILED
from . import completion
from .completion import one_of
from .effect import refuse
from .options import Format, Output
from .paths import Reads
from .timing import Backend, Passes, Runs, measured

if TYPE_CHECKING:
    from ..papers.reproduce import PaperTimes


_PAPER = "henet"


def reproduce(
    context: typer.Context,
    family: Annotated[
        str,
        typer.Argument(
            metavar="FAMILY",
            help="Take this family's paper; henet has the comparison with shufflenet.",
            autocompletion=one_of(completion.families),
        ),
    ] = _PAPER,
    time: Annotated[
        bool, typer.Option("--time", help="Measure HENet's time column too, on this machine.")
    ] = False,
    trained: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR",
            help="Hold a run of train, or a folder of runs, against the accuracies; repeatable.",
        ),
        Reads,
    ] = None,
    backend: Backend = "eager",
    runs: Runs = 5,
    passes: Passes = 1000,
    format: Format = None,
    output: Output = None,
) -> None:
    """Hold a paper's tables against ours.

    Exit 1 where a figure differs unexplained.
    """
    from ..papers.accuracies import Accuracies
    from ..papers.published import Published
    from ..papers.reproduce import Reproduction
    from ..papers.runs import read_runs
    from .output import show

    if not time:
        refuse(context, "nothing is measured without --time", "backend", "runs", "passes")
    if time and family != _PAPER:
        raise typer.BadParameter(f"we hold no times of {family}'s paper", param_hint="'--time'")
    if trained and family != _PAPER:
        raise typer.BadParameter(
            f"we hold no accuracies of {family}'s paper", param_hint="'--trained'"
        )
    result: Published | Reproduction
    if family == _PAPER:
        read = read_runs(trained) if trained else ()
        accuracies = Accuracies(read, None) if read else None  # runs are refused before minutes go
        times = _times(backend, runs, passes) if time else None
        if read and times:
            accuracies = Accuracies(read, times.milliseconds)
        result = Reproduction(times, accuracies)
    else:
        result = Published(family)
    show(result, format, output)
    if not result.holds:
        raise typer.Exit(FAILED)


def _times(backend: str, runs: int, passes: int) -> PaperTimes:
    from ..papers.reproduce import PaperTimes

    timing = measured(PaperTimes.networks(), backend, runs, passes)
    how = f"ours: {backend}, medians of {runs} runs of {passes:,} passes; the paper: Caffe"
    return PaperTimes(how, {times.name: times.median for times in timing.times})
