"""`henet-arch explain`."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import typer

from . import completion, parsing
from .completion import one_of
from .options import MAX_BLOCKS, Format, MaxBlocks, Network, Output, parsed, takes_network


def _of_the_default(word: str) -> str:
    """The command that explains a part of the default network."""
    is_scope = word in completion.scopes(completion.DEFAULT)
    return f"henet-arch explain {completion.DEFAULT} {word}" if is_scope else ""


@partial(takes_network, unknown=_of_the_default)
def explain(
    network: Network,
    layer: Annotated[
        str | None,
        typer.Argument(
            metavar="LAYER",
            help="Layer, block or stage; all decisions without one.",
            autocompletion=completion.layers,
        ),
    ] = None,
    target: Annotated[
        Any,
        parsed(
            parsing.explained,
            "NAME",
            "What a target makes of each layer: c.",
            one_of(completion.explained),
        ),
    ] = None,
    max_blocks: MaxBlocks = MAX_BLOCKS,
    format: Format = None,
    output: Output = None,
) -> None:
    """Say which rule decided what, with its numbers and its source."""
    from ..api import explain as explanation
    from ..importers.load import load
    from .output import show

    model = load(network, max_blocks=max_blocks)
    show(explanation(model, layer, target=target), format, output)
