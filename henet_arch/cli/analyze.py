"""`henet-arch analyze`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from . import parsing
from .options import (
    MAX_BLOCKS,
    Convention,
    Format,
    MaxBlocks,
    Network,
    Output,
    parsed,
    takes_network,
)


@takes_network
def analyze(
    spec: Network,
    depth: Annotated[
        Literal["stages", "blocks", "layers"], typer.Option(help="How far the table goes.")
    ] = "blocks",
    fold: Annotated[bool, typer.Option(help="Sum blocks that differ only in their inputs.")] = True,
    symbolic: Annotated[
        bool, typer.Option("--symbolic", help="Formulas in the widths, repeats, sizes, classes.")
    ] = False,
    symbols: Annotated[
        Any,
        parsed(parsing.words, "NAMES", "What they leave open: C1,r,H; by default all they can."),
    ] = None,
    odd_chain: Annotated[
        bool, typer.Option("--odd-chain", help="Formulas for sizes that are halved while odd.")
    ] = False,
    convention: Convention = "exact",
    analysis: Annotated[
        Any,
        parsed(
            parsing.analysis,
            "NAME",
            "Study something else: receptive-field, critical-path or mixing.",
        ),
    ] = None,
    max_blocks: MaxBlocks = MAX_BLOCKS,
    format: Format = None,
    output: Output = None,
) -> None:
    """Count parameters, multiply-accumulates and memory of a network."""
    from .output import show

    if symbolic or symbols or odd_chain:
        from ..symbolic.report import formulas

        show(formulas(spec, symbols, convention, depth, odd_chain=odd_chain), format, output)
        return
    from .. import report
    from ..discovery import load
    from ..engine import build
    from ..views import View

    graph = build(spec, max_blocks)
    if analysis:
        show(load("analyzers", analysis).study(graph), format, output)
        return
    show(View(report.analyze(graph, convention), depth, fold), format, output)
