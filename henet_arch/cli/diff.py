"""`henet-arch diff`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from .options import MAX_BLOCKS, Convention, Format, MaxBlocks, Output, complete_presets
from .paths import Reads

_HELP = "Preset, spec file, or report that analyze wrote as JSON."


def diff(
    a: Annotated[
        str, typer.Argument(metavar="A", help=_HELP, autocompletion=complete_presets), Reads
    ],
    b: Annotated[
        str, typer.Argument(metavar="B", help="The same.", autocompletion=complete_presets), Reads
    ],
    depth: Annotated[
        Literal["stages", "blocks", "layers"], typer.Option(help="How far the table goes.")
    ] = "blocks",
    convention: Convention = None,
    max_blocks: MaxBlocks = MAX_BLOCKS,
    format: Format = None,
    output: Output = None,
) -> None:
    """Say what B has that A has not: structure and costs, by stage, block and layer."""
    from ..comparison.diff import diff as compare
    from ..comparison.view import View
    from .output import show

    show(View(compare(a, b, convention, max_blocks=max_blocks), depth), format, output)
