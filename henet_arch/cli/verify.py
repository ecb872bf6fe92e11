"""`henet-arch verify`."""

from __future__ import annotations

import typer

from ..codes import FAILED
from .options import MAX_BLOCKS, Format, MaxBlocks, Network, Output, takes_network


@takes_network
def verify(
    spec: Network,
    max_blocks: MaxBlocks = MAX_BLOCKS,
    format: Format = None,
    output: Output = None,
) -> None:
    """Hold the emitted PyTorch module against the graph; exit 1 where it differs."""
    from ..engine import build
    from ..runtime.extras import need

    graph = build(spec, max_blocks)
    need("torch", "torch")
    from ..runtime.verify import verify as hold
    from .output import show

    found = hold(graph)
    show(found, format, output)
    if not found.holds:
        raise typer.Exit(FAILED)
