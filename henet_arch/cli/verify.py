"""`henet-arch verify`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..support.exit_codes import FAILED
from . import completion, parsing
from .completion import one_of
from .options import (
    MAX_BLOCKS,
    Format,
    MatchBy,
    MaxBlocks,
    Network,
    Output,
    Weights,
    parsed,
    takes_network,
)
from .weights import weighted


@takes_network
def verify(
    network: Network,
    target: Annotated[
        Any,
        parsed(
            parsing.verified,
            "NAME",
            "Hold this target against the graph: torch, c, c-training, onnx or caffe.",
            one_of(completion.verifiers),
        ),
    ] = "torch",
    weights: Weights = None,
    match_by: MatchBy = None,
    max_blocks: MaxBlocks = MAX_BLOCKS,
    format: Format = None,
    output: Output = None,
) -> None:
    """Hold what is emitted against the graph.

    Exit 1 where it differs.
    """
    from ..api import verify as check
    from ..importers.load import load
    from .output import show

    model = weighted(load(network, max_blocks=max_blocks), weights, match_by)
    verification = check(model, target)
    show(verification, format, output)
    if not verification.holds:
        raise typer.Exit(FAILED)
