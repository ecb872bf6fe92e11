"""`henet-arch explain`."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Any

import typer

from . import completion, parsing
from .completion import one_of
from .options import MAX_BLOCKS, Format, MaxBlocks, Network, Output, parsed, takes_network

_PART = re.compile(
    r"(input|stem|head|(stage|block|layer|conv)\d*)(\.[\w.]+)?|\w+(\.\w+)*\.\d+(\.\w+)*"
)
"""The names that rules and PyTorch give to parts of networks."""
_SOME = "stage1.block1"
"""A part of the default network."""


def _of_a_network(word: str) -> str:
    """The command that explains a part, if the word is the name of one."""
    if word in completion.scopes(completion.DEFAULT):
        return f"henet-arch explain {completion.DEFAULT} {word}"
    if not _PART.fullmatch(word):
        return ""
    example = f"henet-arch explain {completion.DEFAULT} {_SOME}"
    return f"henet-arch explain SOURCE {word[:99]}, as in {example}"


@partial(takes_network, unknown=_of_a_network)
def explain(
    network: Network,
    layer: Annotated[
        str | None,
        typer.Argument(
            metavar="LAYER",
            help="Explain this layer, block or stage; without one all decisions.",
            autocompletion=completion.layers,
        ),
    ] = None,
    target: Annotated[
        Any,
        parsed(
            parsing.explained,
            "NAME",
            "Say what a target makes of each layer: c.",
            one_of(completion.explained),
        ),
    ] = None,
    max_blocks: MaxBlocks = MAX_BLOCKS,
    format: Format = None,
    output: Output = None,
) -> None:
    """Say what a part of a network is, and which rule decided it."""
    from ..api import explain as explanation
    from ..importers.load import load
    from .output import show

    model = load(network, max_blocks=max_blocks)
    show(explanation(model, layer, target=target), format, output)
