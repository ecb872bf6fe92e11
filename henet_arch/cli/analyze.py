"""`henet-arch analyze`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

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
from .output import plot_file
from .paths import Reads, Writes

if TYPE_CHECKING:
    from ..graph import Graph
    from ..tables import Result


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
            "Study something else: receptive-field, roofline, mixing, critical-path or "
            "memory-timeline.",
        ),
    ] = None,
    machine: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What henet-arch machine measured, for a roofline."),
        Reads,
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw it too: memory-timeline, as .svg, .png or .pdf."),
        Writes(plot_file),
    ] = None,
    max_blocks: MaxBlocks = MAX_BLOCKS,
    format: Format = None,
    output: Output = None,
) -> None:
    """Count parameters, multiply-accumulates and memory of a network."""
    from .output import show

    _refuse(analysis, machine, plot, symbolic=bool(symbolic or symbols or odd_chain))
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
        found = _studied(graph, analysis, machine)
        if plot:
            load("runtime.plots", analysis).plot(found, plot)
        show(found, format, output)
        return
    show(View(report.analyze(graph, convention), depth, fold), format, output)


def _refuse(
    analysis: str | None, machine: Path | None, plot: Path | None, *, symbolic: bool
) -> None:
    """Refuse an option that the analysis has no use for."""
    from ..discovery import files

    if symbolic and analysis:
        raise typer.BadParameter("--analysis has no formulas: leave --symbolic out")
    if machine and analysis != "roofline":
        raise typer.BadParameter("--machine is of use with --analysis roofline")
    drawn = [name for name in files("analyzers") if name in files("runtime.plots")]
    if plot and analysis not in drawn:
        known = ", ".join(drawn)
        raise typer.BadParameter(f"--plot is of use with --analysis {known}")


def _studied(graph: Graph, analysis: str, machine: Path | None) -> Result:
    from ..discovery import load
    from ..machine import read

    profile = [read(machine)] if machine else []
    found: Result = load("analyzers", analysis).study(graph, *profile)
    return found
