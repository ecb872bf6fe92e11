"""`henet-arch explain`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from . import parsing
from .options import MAX_BLOCKS, Format, MaxBlocks, Network, Output, parsed, takes_network


@takes_network
def explain(
    spec: Network,
    layer: Annotated[
        str | None,
        typer.Argument(metavar="LAYER", help="Layer, block or stage; all decisions without one."),
    ] = None,
    target: Annotated[
        Any, parsed(parsing.explained, "NAME", "What a target makes of each layer: c.")
    ] = None,
    max_blocks: MaxBlocks = MAX_BLOCKS,
    format: Format = None,
    output: Output = None,
) -> None:
    """Say which rule decided what, with its numbers and its source."""
    from ..discovery import load
    from ..engine import build
    from ..explain import Explanation
    from ..report import analyze
    from .output import show

    graph = build(spec, max_blocks)
    if target:
        show(load("emitters", target).explain(graph, layer), format, output)
    else:
        show(Explanation(analyze(graph), layer), format, output)
