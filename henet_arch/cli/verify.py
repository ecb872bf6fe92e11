"""`henet-arch verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..support.exit_codes import FAILED
from . import completion, parsing
from .completion import one_of
from .options import MAX_BLOCKS, Format, MaxBlocks, Network, Output, parsed, takes_network
from .paths import Reads

if TYPE_CHECKING:
    from ..ir.model import Model


@takes_network
def verify(
    network: Network,
    target: Annotated[
        Any,
        parsed(
            parsing.verified,
            "NAME",
            "What to hold against the graph: torch, c, onnx or caffe.",
            one_of(completion.verifiers),
        ),
    ] = "torch",
    weights: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The network's own weights, to hold it against its original."
        ),
        Reads,
    ] = None,
    max_blocks: MaxBlocks = MAX_BLOCKS,
    format: Format = None,
    output: Output = None,
) -> None:
    """Hold what is emitted against the graph; exit 1 where it differs."""
    from ..api import verify as check
    from ..importers.load import load
    from .output import show

    model = load(network, max_blocks=max_blocks)
    if weights:
        model = _weighted(model, weights)
    verification = check(model, target)
    show(verification, format, output)
    if not verification.holds:
        raise typer.Exit(FAILED)


def _weighted(model: Model, path: Path) -> Model:
    """The model with the weights of a file, where its original can be run with them."""
    from ..importers.load import with_weights
    from ..runtime.originals import original

    if original(model.origin) is None:
        raise typer.BadParameter(
            f"--weights changes nothing here: {model.origin.title} has no original that runs"
        )
    return with_weights(model, path)
