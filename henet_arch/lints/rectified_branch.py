"""Additions in a row of which nothing added is ever negative."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_

from ..ir.graph import Node
from .rule import Context, Finding, Rule


def _check(context: Context) -> Iterator[Finding]:
    for node in _with_skip(context, list(_positive_sums(context))):
        yield Finding((node.name,), "it adds nothing below 0 to its skip, so values only grow")


def _positive_sums(context: Context) -> Iterator[Node]:
    """The layers that add up several maps, none of which is ever negative."""
    positive: set[str] = set()
    for node in context.graph:
        inputs_are = bool(node.inputs) and positive.issuperset(node.inputs)
        if node.layer.never_negative or (inputs_are and node.layer.keeps_sign):
            positive.add(node.name)
        if inputs_are and _adds(node) and len(set(node.inputs)) > 1:
            yield node


def _adds(node: Node) -> bool:
    ops = node.layer.ops(node.input_shapes, node.shape)
    return ops.add != 0 and node.layer.keeps_sign


def _with_skip(context: Context, sums: Sequence[Node]) -> Iterator[Node]:
    """The sums of which one input depends on another, which goes around it."""
    skips = {node.name: min(node.inputs, key=context.graph.positions.__getitem__) for node in sums}
    bits = {name: 1 << index for index, name in enumerate(dict.fromkeys(skips.values()))}
    behind: dict[str, int] = {}  # the skips that each layer is or depends on, until it is read
    for node in context.graph:
        skip = skips.get(node.name)
        if skip and any(behind[name] & bits[skip] for name in node.inputs if name != skip):
            yield node
        above = (behind[name] for name in node.inputs)
        behind[node.name] = reduce(or_, above, bits.get(node.name, 0))
        for name in set(node.inputs):
            if context.graph.readers[name][-1] is node:
                del behind[name]


RULE = Rule(
    id="HA106",
    severity="info",
    summary="a sum of maps that are never negative",
    explanation=(
        "After a ReLU a branch can add to its skip and not take away from it: from sum to sum the "
        "values only grow. He et al. found a residual network worse so (7.84 % instead of 6.61 % "
        "errors on CIFAR-10, ResNet-110), and end a branch in its last norm or convolution. "
        "Layers with weights, differences and what is unknown may give values below 0, and end it."
    ),
    advice="add the branch before its ReLU, and rectify the sum",
    source="He et al., Identity Mappings (arXiv:1603.05027), section 4.1, Fig. 4 (c), Table 2",
    check=_check,
    keys=("rectify",),
    proposals=lambda spec: ({"rectify": "join"},),
)
