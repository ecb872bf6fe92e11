"""`henet-arch emit`."""

from __future__ import annotations

from typing import Annotated, Any

from . import parsing
from .options import MAX_BLOCKS, Init, MaxBlocks, Network, Output, parsed, takes_network


@takes_network
def emit(
    spec: Network,
    target: Annotated[Any, parsed(parsing.target, "NAME", "What to write: torch.")] = "torch",
    init: Init = None,
    max_blocks: MaxBlocks = MAX_BLOCKS,
    output: Output = None,
) -> None:
    """Write the network as source code that runs without henet-arch."""
    from .. import api
    from ..engine import build
    from .output import send

    send(api.emit(build(spec, max_blocks), target, init=init), output)
