"""`henet-arch evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from . import completion, parsing
from .completion import one_of
from .options import DataDir, Format, Output, parsed
from .paths import Reads


def evaluate(
    weights: Annotated[
        Path, typer.Argument(metavar="WEIGHTS", help="A file that train saved."), Reads
    ],
    data: Annotated[
        Any,
        parsed(
            parsing.data,
            "NAME",
            "Data set; the one it was trained on if unsaid.",
            one_of(completion.datasets),
        ),
    ] = None,
    data_dir: DataDir = None,
    format: Format = None,
    output: Output = None,
) -> None:
    """Test trained weights; the file says what network they are of."""
    from ..support.optional import need
    from .output import show

    for package in ("torch", "safetensors"):
        need(package, "train")
    from ..training.evaluate import evaluate as test

    show(test(weights, data, data_dir), format, output)
