"""`henet-arch explain`."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import MAX_BLOCKS, Format, MaxBlocks, Network, Output, takes_network


@takes_network
def explain(
    spec: Network,
    layer: Annotated[
        str | None,
        typer.Argument(metavar="LAYER", help="Layer, block or stage; all decisions without one."),
    ] = None,
    max_blocks: MaxBlocks = MAX_BLOCKS,
    format: Format = None,
    output: Output = None,
) -> None:
    """Say which rule decided what, with its numbers and its source."""
    from ..engine import build
    from ..explain import Explanation
    from ..report import analyze
    from .output import show

    show(Explanation(analyze(build(spec, max_blocks)), layer), format, output)
