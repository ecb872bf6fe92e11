"""`henet-arch analyze`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..support.exit_codes import FAILED
from ..support.limits import LARGEST_SETTING
from . import completion, parsing
from .completion import one_of, some_of
from .effect import refuse, refuse_fold
from .options import (
    MAX_BLOCKS,
    Convention,
    Depth,
    Format,
    MaxBlocks,
    Network,
    Output,
    count,
    parsed,
    takes_network,
)
from .output import plot_file
from .paths import Reads, Writes

if TYPE_CHECKING:
    from ..analyzers.report import Report
    from ..ir.graph import Graph
    from ..results.table import Result


@takes_network
def analyze(
    network: Network,
    context: typer.Context,
    depth: Depth = None,
    fold: Annotated[
        bool, typer.Option(help="Sum blocks that differ only in their inputs, in tables.")
    ] = True,
    columns: Annotated[
        Any,
        parsed(
            parsing.columns,
            "NAME,NAME,...",
            "Show these columns in this order: kind, layers, input, output, width, kernel, stride, "
            "groups, repeats, params, params-share, trainable, macs, macs-share, activations, "
            "weight-bytes, live-bytes, forward-bytes and backward-bytes.",
            some_of(completion.columns),
        ),
    ] = None,
    batch: Annotated[
        Any,
        count(
            "Give live-bytes, forward-bytes and backward-bytes of so many images.", LARGEST_SETTING
        ),
    ] = 1,
    symbolic: Annotated[
        bool,
        typer.Option("--symbolic", help="Give formulas in the widths, repeats, sizes and classes."),
    ] = False,
    symbols: Annotated[
        Any,
        parsed(
            parsing.words,
            "NAMES",
            "Leave these open in formulas: C1,r,H; by default all that can be.",
            completion.symbols,
        ),
    ] = None,
    odd_chain: Annotated[
        bool, typer.Option("--odd-chain", help="Give formulas for sizes that are halved while odd.")
    ] = False,
    convention: Convention = "exact",
    analysis: Annotated[
        Any,
        parsed(
            parsing.analysis,
            "NAME",
            "Study something else: receptive-field, roofline, mixing, critical-path or "
            "memory-timeline.",
            one_of(completion.analyses),
        ),
    ] = None,
    machine: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Read what henet-arch machine measured, for a roofline."),
        Reads,
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the memory-timeline too, as .svg, .png or .pdf."),
        Writes(plot_file),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 where the cost of a layer is unknown.")
    ] = False,
    max_blocks: MaxBlocks = MAX_BLOCKS,
    format: Format = None,
    output: Output = None,
) -> None:
    """Count parameters, multiply-accumulates and memory of a network."""
    from .output import show

    as_formulas = bool(symbolic or symbols or odd_chain)
    chosen = columns or ()
    _refuse(context, analysis, as_formulas, plot)
    if not any(column.by_image for column in chosen):
        refuse(context, "no column in --columns has the bytes that images add to", "batch")
    if not (analysis or as_formulas):
        refuse_fold(context, format, output, chosen)
    if as_formulas:
        from ..symbolic.report import formulas

        show(formulas(network, symbols, convention, depth, odd_chain=odd_chain), format, output)
        return
    from ..analyzers import report
    from ..importers.load import load
    from ..results.columns import of_batch
    from ..results.report_table import View

    model = load(network, max_blocks=max_blocks)
    if analysis:
        result = _studied(model.graph, analysis, machine)
        if plot:
            from ..forms import PLOTS

            PLOTS[analysis](result, plot)
        show(result, format, output)
        return
    counted = report.of_model(model, convention)
    show(View(counted, depth, fold, of_batch(chosen, batch)), format, output)
    if strict and counted.unknown:
        _name_unknown(counted)
        raise typer.Exit(FAILED)


def _refuse(
    context: typer.Context, analysis: str | None, as_formulas: bool, plot: Path | None
) -> None:
    """Refuse an option that the analysis, the formulas or the counts have no use for."""
    if analysis:
        refuse(context, "--analysis has no formulas", "symbolic", "symbols", "odd_chain")
        counting = ("convention", "depth", "fold", "columns", "strict")
        refuse(context, f"--analysis {analysis} counts nothing", *counting)
    if as_formulas:
        refuse(context, "formulas hold for any number of blocks", "fold", "max_blocks")
        refuse(context, "formulas are of params and macs", "columns")
        refuse(context, "there are no formulas where a cost is unknown", "strict")
    if analysis != "roofline":
        refuse(context, "it is for --analysis roofline", "machine")
    if plot:
        from ..analyzers import ANALYSES
        from ..forms import PLOTS

        drawn = [name for name in ANALYSES if name in PLOTS]
        if analysis not in drawn:
            refuse(context, f"it is for --analysis {', '.join(drawn)}", "plot")


def _name_unknown(counted: Report) -> None:
    """Say on standard error which layers are of unknown cost."""
    from ..ir.dims import format_shape
    from ..results.unknown import operator
    from ..support.printable import printable

    for node in counted.unknown:
        line = f"{node.name}: {operator(node)}, {format_shape(node.shape)}: unknown cost"
        typer.echo(printable(line), err=True)


def _studied(graph: Graph, analysis: str, machine: Path | None) -> Result:
    from ..analyzers import ANALYSES
    from ..analyzers.machine import read

    profile = [read(machine)] if machine else []
    return ANALYSES[analysis](graph, *profile)
