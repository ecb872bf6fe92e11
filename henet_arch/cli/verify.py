"""`henet-arch verify`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..support.exit_codes import FAILED
from . import completion, parsing
from .completion import one_of
from .options import MAX_BLOCKS, Format, MaxBlocks, Network, Output, parsed, takes_network


@takes_network
def verify(
    spec: Network,
    target: Annotated[
        Any,
        parsed(
            parsing.verified,
            "NAME",
            "What to hold against the graph: torch or c.",
            one_of(completion.verifiers),
        ),
    ] = "torch",
    max_blocks: MaxBlocks = MAX_BLOCKS,
    format: Format = None,
    output: Output = None,
) -> None:
    """Hold what is emitted against the graph; exit 1 where it differs."""
    from ..ir.model import Model
    from ..runtime.runners import by_target
    from ..spec.build import build
    from ..support.optional import need

    model = Model(build(spec, max_blocks), spec)
    need("torch", "torch")
    from .output import show

    verification = by_target()[target].verify(model)
    show(verification, format, output)
    if not verification.holds:
        raise typer.Exit(FAILED)
