"""`henet-arch diff`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from . import completion, parsing
from .completion import one_of
from .options import MAX_BLOCKS, Convention, Depth, Format, MaxBlocks, Output, parsed
from .paths import Reads

_HELP = "Compare this SOURCE, or a report that analyze wrote as JSON."


def diff(
    a: Annotated[
        str,
        typer.Argument(metavar="A", help=_HELP, autocompletion=one_of(completion.presets)),
        Reads,
    ],
    b: Annotated[
        str,
        typer.Argument(
            metavar="B",
            help="Compare it with this one: another SOURCE or report.",
            autocompletion=one_of(completion.presets),
        ),
        Reads,
    ],
    input: Annotated[
        Any, parsed(parsing.image, "SIZE", "Set the image's size of both: 31 or 3x31x31.")
    ] = None,
    depth: Depth = None,
    convention: Convention = None,
    max_blocks: MaxBlocks = MAX_BLOCKS,
    format: Format = None,
    output: Output = None,
) -> None:
    """Say how B differs from A in structure and costs."""
    from ..comparison.diff import diff as compare
    from ..comparison.view import View
    from .output import show

    show(
        View(compare(a, b, convention, input_shape=input, max_blocks=max_blocks), depth),
        format,
        output,
    )
