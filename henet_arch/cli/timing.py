"""`henet-arch time`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import parsing
from .options import Format, Output, complete_presets, parsed
from .paths import Reads
from .progress import warn, watching

if TYPE_CHECKING:
    from ..runtime.timing import Timing

Backend = Annotated[
    Any,
    parsed(parsing.backend, "NAME", "eager, eager-folded, compile, onnxruntime, openvino or c."),
]
Passes = Annotated[Any, parsed(parsing.number, "N", "Forward passes of a run.")]
Runs = Annotated[Any, parsed(parsing.number, "N", "Runs.")]


def time_networks(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="SPEC...", help="Presets or spec files.", autocompletion=complete_presets
        ),
        Reads,
    ],
    backend: Backend = "eager",
    runs: Runs = 5,
    passes: Passes = 1000,
    format: Format = None,
    output: Output = None,
) -> None:
    """Time networks side by side: one image, one core, 1,000 passes, five times."""
    from .output import show

    show(measured(specs, backend, runs, passes), format, output)


def measured(networks: list[str], backend: str, runs: int, passes: int) -> Timing:
    """The networks' times, with a bar while it lasts and a warning where they are uncertain."""
    from ..extras import need

    need("torch", "torch")
    from ..runtime.timing import time_networks as measure

    with watching("timing") as watch:
        found = measure(
            networks,
            backend,
            runs=runs,
            passes=passes,
            watch=lambda done, total: watch(done, total, ""),
        )
    warn(found.warnings)
    return found
