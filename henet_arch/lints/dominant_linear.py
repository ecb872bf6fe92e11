"""Fully connected layers that hold most of the parameters."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING

from ..ir.graph import Node
from .rule import Changes, Context, Finding, Rule, macs, parameters

if TYPE_CHECKING:
    from ..spec.spec import Spec

_MOST = 0.5
"""The share of all parameters up to which fully connected layers pass."""


def _check(context: Context) -> Iterator[Finding]:
    layers = [node for node in context.graph if len(node.shape) == 1 and macs(node)]
    total = sum(map(parameters, layers))
    if not layers or total <= _MOST * context.params:
        return
    largest = max(layers, key=parameters)
    text = f", {parameters(largest):,} of them in this one" if len(layers) > 1 else ""
    yield Finding(
        (largest.name, *(node.name for node in layers if node is not largest)),
        f"{total:,} of {context.params:,} parameters are in fully connected layers{text}",
        _pooled(context, largest),
        total / context.params,
    )


def _pooled(context: Context, layer: Node) -> str:
    """What a global average before the layer would leave of it."""
    node = context.graph[layer.inputs[0]]
    while node.input_shapes == (node.shape,):  # a dropout, or a function of each element
        node = context.graph[node.inputs[0]]
    before = node.input_shapes
    flattened = before[0] if before and len(before[0]) == 3 else (1, 1, 1)
    features = int(layer.input_shapes[0][0])
    if prod(flattened[1:]) == 1:
        return "fewer features before it"
    channels = int(flattened[0])
    left = parameters(layer) - (features - channels) * int(layer.channels)
    return f"a global average pool before it: {channels:,} features, {left:,} parameters"


def _proposals(spec: Spec) -> Iterator[Changes]:
    channels = getattr(spec, "channels", (1,))
    yield {"auxiliary": False}
    yield {"pooling": True}
    yield {"pooling": True, "hidden": channels[-1:]}
    for part in (2, 4, 8):
        if isinstance(last := getattr(spec, "last", None), int):
            yield {"last": max(1, last // part)}
        yield {"channels": (*channels[:-1], max(1, channels[-1] // part))}


RULE = Rule(
    id="HA301",
    severity="info",
    summary="fully connected layers that hold more than half of the parameters",
    explanation=(
        "A fully connected layer on a whole map has a weight for each element and each output, "
        "used once an image: most of the memory and of the file, little of the work, and what "
        "overfits first. Fires above half of all parameters."
    ),
    advice="a global average pool before the first of them, or fewer hidden features",
    source="Lin et al., Network In Network (arXiv:1312.4400), section 3.2",
    check=_check,
    of="params",
    keys=("pooling", "hidden", "last", "channels"),
    proposals=_proposals,
)
