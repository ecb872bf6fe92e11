"""`henet-arch emit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from . import completion, parsing
from .completion import one_of
from .options import MAX_BLOCKS, Init, MaxBlocks, Network, parsed, takes_network
from .output import text_file
from .paths import Given, Reads, Writes


def _check_output(path: Path, given: Given) -> None:
    """Refuse a file or folder that cannot be written, or whose ending no target has."""
    from ..runtime.projects import PROJECTS
    from ..support.folders import replaceable
    from ..targets import is_folder, target_of

    if target_of(path, given["target"]) in PROJECTS and is_folder(path):
        replaceable(path, force=given["force"])
    else:
        text_file(path, given)


@takes_network
def emit(
    network: Network,
    target: Annotated[
        Any,
        parsed(
            parsing.target,
            "NAME",
            "What to write: torch or c; by default what the output asks for, or torch.",
            one_of(completion.targets),
        ),
    ] = None,
    init: Init = None,
    weights: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Trained weights to write with it (c)."),
        Reads,
    ] = None,
    tune: Annotated[
        bool, typer.Option("--tune", help="Measure which kernels are faster here (c).")
    ] = False,
    max_blocks: MaxBlocks = MAX_BLOCKS,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="Write a file (.py, .c), or for c a folder that compiles.",
        ),
        Writes(_check_output),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Replace files in the folder that were edited; others are kept (c).",
        ),
    ] = False,
) -> None:
    """Write the network as source code that runs without henet-arch."""
    from .. import api
    from ..importers.load import load
    from ..importers.weights import with_weights
    from ..runtime.projects import PROJECTS
    from ..support.optional import need
    from ..targets import is_folder, target_of
    from .output import send

    target = target_of(output, target)
    model = load(network, max_blocks=max_blocks)
    if target not in PROJECTS:
        why = f"{target} is one file without weights"
        _refuse(why, weights=weights, tune=tune, force=force)
        send(api.emit(model, target, init=init), output)
    elif output is None or not is_folder(output):
        why = "--output DIR is missing"
        _refuse(why, weights=weights, tune=tune, init=init, force=force)
        send(api.emit(model, target), output)
    else:
        if weights or model.weights is not None:
            _refuse("the weights are trained", init=init)
        need("numpy", "torch")
        model = with_weights(model, weights) if weights else model
        _write_project(model, target, output, force, tune=tune, init=init)


def _refuse(why: str, **options: object) -> None:
    for name, value in options.items():
        if value:
            raise typer.BadParameter(f"--{name} is of no use: {why}")


def _write_project(model: Any, target: str, output: Path, force: bool, **options: Any) -> None:
    from ..runtime.projects import BUILT, PROJECTS
    from ..support.folders import write_folder

    texts = PROJECTS[target](model, **options)
    write_folder(output, texts, BUILT[target](texts), force=force)
