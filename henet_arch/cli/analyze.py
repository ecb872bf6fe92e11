"""`henet-arch analyze`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from .options import MAX_BLOCKS, Convention, Format, MaxBlocks, Network, Output, takes_network


@takes_network
def analyze(
    spec: Network,
    depth: Annotated[
        Literal["stages", "blocks", "layers"], typer.Option(help="How far the table goes.")
    ] = "blocks",
    fold: Annotated[bool, typer.Option(help="Sum blocks that differ only in their inputs.")] = True,
    convention: Convention = "exact",
    max_blocks: MaxBlocks = MAX_BLOCKS,
    format: Format = None,
    output: Output = None,
) -> None:
    """Count parameters, multiply-accumulates and memory of a network."""
    from .. import report
    from ..engine import build
    from ..views import View
    from .output import show

    graph = build(spec, max_blocks)
    show(View(report.analyze(graph, convention), depth, fold), format, output)
