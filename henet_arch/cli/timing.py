"""`henet-arch time`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from . import parsing
from .options import Format, Output, complete_presets, parsed

Backend = Annotated[
    Any,
    parsed(parsing.backend, "NAME", "eager, eager-folded, compile, onnxruntime or openvino."),
]
Passes = Annotated[Any, parsed(parsing.number, "N", "Forward passes of a run.")]
Runs = Annotated[Any, parsed(parsing.number, "N", "Runs.")]


def time_networks(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="SPEC...", help="Presets or spec files.", autocompletion=complete_presets
        ),
    ],
    backend: Backend = "eager",
    runs: Runs = 5,
    passes: Passes = 1000,
    format: Format = None,
    output: Output = None,
) -> None:
    """Time networks side by side: one image, one core, 1,000 passes, five times."""
    from ..runtime.extras import need
    from .output import show

    need("torch", "torch")
    from ..runtime import timing
    from .progress import warn, watching

    with watching("timing") as watch:
        found = timing.time_networks(
            specs,
            backend,
            runs=runs,
            passes=passes,
            watch=lambda done, total: watch(done, total, ""),
        )
    show(found, format, output)
    warn(found.warnings)
