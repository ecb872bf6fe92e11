"""A bias that the batch norm after it takes away again."""

from __future__ import annotations

from collections.abc import Iterator

from ..ir.graph import Node
from ..ir.layers import (
    ChannelShuffle,
    Concat,
    Crop2d,
    Flatten,
    PadChannels,
    PixelUnshuffle,
    SliceChannels,
    Unflatten,
)
from ..ir.scope import leaf
from .rule import Context, Finding, Rule, first_names, listed

_KEEP_CHANNELS = (
    ChannelShuffle, Concat, Crop2d, Flatten, PadChannels, PixelUnshuffle, SliceChannels, Unflatten,
)  # fmt: skip
"""After these each channel has its own bias still, all over."""

Norms = dict[str, tuple[str, ...] | None]
"""For each layer the first names of the batch norms that alone read it."""


def _check(context: Context) -> Iterator[Finding]:
    norms = _norms(context)
    uses: dict[str, list[tuple[str, ...] | None]] = {}
    for node in context.graph:
        uses.setdefault(node.owner, []).append(norms[node.name])
    for node in context.graph:
        if node.shares or not node.layer.attributes().get("bias"):
            continue
        readers = [use for use in uses[node.name] if use is not None]
        if len(readers) < len(uses[node.name]):
            continue
        if names := first_names([name for use in readers for name in use]):
            count = int(node.layer.weights()["bias"][0])
            takes = "take" if len(names) > 1 else "takes"
            yield Finding(
                (node.name,),
                f"{listed(names, ' and ')} {takes} its {count:,} biases away",
                share=count / context.params,
            )


def _norms(context: Context) -> Norms:
    """The batch norms that read each layer, maybe reordered or joined; None if any other does."""
    norms: Norms = {}
    for node in reversed(context.graph.nodes):
        norms[node.name] = None if node.name in context.outputs else _read(context, node, norms)
    return norms


def _read(context: Context, node: Node, norms: Norms) -> tuple[str, ...] | None:
    names: list[str] = []
    for reader in context.graph.readers[node.name]:
        beyond = _beyond(reader, norms)
        if beyond is None:
            return None
        names += beyond
    return first_names(names)


def _beyond(reader: Node, norms: Norms) -> tuple[str, ...] | None:
    if "running_mean" in reader.layer.buffers():
        return (leaf(reader.name),)
    return norms[reader.name] if isinstance(reader.layer, _KEEP_CHANNELS) else None


RULE = Rule(
    id="HA101",
    severity="warning",
    summary="a bias that the batch norm after it takes away",
    explanation=(
        "Batch norm subtracts the mean of each channel, and the mean has the bias in it: with any "
        "bias the output is the same, and in training its gradient is 0. Batch norm's own shift is "
        "the bias of the pair. Silent where anything else reads the layer, or anything stands "
        "between the two that does more than move whole channels."
    ),
    advice="Conv2d(..., bias=False)",
    source="Ioffe and Szegedy, Batch Normalization (arXiv:1502.03167), section 3.2",
    check=_check,
    of="params",
    keys=("bias",),
    proposals=lambda spec: ({"bias": False},),
)
