"""`henet-arch evaluate`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from . import completion, parsing
from .completion import one_of
from .options import DataDir, Format, Output, parsed
from .paths import Reads


def evaluate(
    weights: Annotated[
        str,
        typer.Argument(metavar="WEIGHTS", help="A file that train saved."),
        Reads,
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
    from ..api import evaluate as test
    from .output import show

    show(test(weights, data, data_dir=data_dir), format, output)
