"""`henet-arch plan`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from . import parsing
from .options import Format, Network, Output, parsed, takes_network


@takes_network
def plan(
    spec: Network,
    layers: Annotated[
        Any,
        parsed(parsing.number, "N", "Stride-2 layers; by default as many as the spec has."),
    ] = None,
    last_odd: Annotated[bool, typer.Option(help="The last size must be odd too.")] = False,
    format: Format = None,
    output: Output = None,
) -> None:
    """Find the input sizes at which every stride-2 layer meets an odd size."""
    from ..plan import plan as make
    from .output import show

    show(make(spec, layers, last_odd), format, output)
