"""`henet-arch plan`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..support.limits import MOST_HALVINGS
from . import parsing
from .effect import refuse
from .options import NETWORK, Format, Network, Output, parsed, takes_network

_NOT_STRIDES = (
    "repeats",
    "kernels",
    "classes",
    "groups",
    "features_only",
    "softmax",
    "name",
)


@takes_network
def plan(
    network: Network,
    context: typer.Context,
    layers: Annotated[
        Any,
        parsed(
            parsing.number,
            "N",
            f"Stride-2 layers, at most {MOST_HALVINGS}; by default as many as the spec has.",
        ),
    ] = None,
    last_odd: Annotated[bool, typer.Option(help="The last size must be odd too.")] = False,
    format: Format = None,
    output: Output = None,
) -> None:
    """Find the input sizes at which every stride-2 layer meets an odd size."""
    from ..search.input_sizes import plan as make
    from .output import show

    if layers is None:
        refuse(context, "a plan is of sizes and strides", *_NOT_STRIDES)
    else:
        options = (name for name in NETWORK if name not in ("source", "input"))
        refuse(context, "--layers plans for that many, whatever the network", *options)
    show(make(network, layers, last_odd), format, output)
