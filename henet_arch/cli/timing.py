"""`henet-arch time`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..support.limits import MOST_PASSES, MOST_RUNS
from . import completion, parsing
from .completion import one_of
from .options import Format, Output, count, parsed, takes_network
from .paths import Reads
from .progress import warn, watching

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..importers.load import Source
    from ..runtime.measure.timing import Timing

Backend = Annotated[
    Any,
    parsed(
        parsing.backend,
        "NAME",
        "Run networks by eager, eager-folded, compile, onnxruntime, opencv, openvino or c.",
        one_of(completion.backends),
    ),
]
Passes = Annotated[Any, count("Make so many forward passes in a run.", MOST_PASSES)]
Runs = Annotated[Any, count("Repeat the passes so many times.", MOST_RUNS)]


@takes_network
def time_networks(
    sources: Annotated[
        list[Any],
        typer.Argument(
            metavar="SOURCE...",
            help="Time these networks: presets, spec files, graphs in JSON, or trained weights.",
            autocompletion=one_of(completion.presets),
        ),
        Reads,
    ],
    backend: Backend = "eager",
    runs: Runs = 5,
    passes: Passes = 1000,
    format: Format = None,
    output: Output = None,
) -> None:
    """Time networks side by side, for one image on one core."""
    from .output import show

    show(measured(sources, backend, runs, passes), format, output)


def measured(networks: Sequence[Source], backend: str, runs: int, passes: int) -> Timing:
    """The networks' times, with a bar while it lasts and a warning where they are uncertain."""
    from ..api import time as measure

    with watching("timing") as watch:
        timing = measure(
            *networks,
            backend=backend,
            runs=runs,
            passes=passes,
            watch=lambda done, total: watch(done, total, ""),
        )
    warn(timing.warnings)
    return timing
