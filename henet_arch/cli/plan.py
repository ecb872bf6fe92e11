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
            f"Plan for so many stride-2 layers, at most {MOST_HALVINGS}; by default the spec's.",
        ),
    ] = None,
    last_odd: Annotated[bool, typer.Option(help="Make the last size odd too.")] = False,
    format: Format = None,
    output: Output = None,
) -> None:
    """Find input sizes at which stride-2 layers meet odd sizes."""
    from ..search.input_sizes import plan as make
    from .output import show

    if layers is None:
        refuse(context, "a plan is of sizes and strides", *_NOT_STRIDES)
    else:
        options = (name for name in NETWORK if name not in ("source", "input"))
        refuse(context, "--layers plans for that many, whatever the network", *options)
    show(make(network, layers, last_odd), format, output)
