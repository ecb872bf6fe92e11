"""Additions in a row of which nothing added is ever negative."""

from __future__ import annotations

from collections.abc import Iterator

from ..graph import Node
from ..layers import ReLU, ReLU6, Softmax
from ..linting import Context, Finding, Lint, computes


def _check(context: Context) -> Iterator[Finding]:
    positive: set[str] = set()
    for node in context.graph:
        inputs_are = bool(node.inputs) and positive.issuperset(node.inputs)
        if _rectifies(node) or (inputs_are and not node.layer.weights()):
            positive.add(node.name)
        if inputs_are and computes(node) and _has_skip(context, node):
            yield Finding((node.name,), "it adds nothing below 0 to its skip, so values only grow")


def _rectifies(node: Node) -> bool:
    return isinstance(node.layer, (ReLU, ReLU6, Softmax))


def _has_skip(context: Context, node: Node) -> bool:
    """Whether one input depends on another, which goes around it."""
    skip, *others = sorted(set(node.inputs), key=context.places.__getitem__)
    waiting = others
    for name in waiting:
        inputs = context.graph[name].inputs
        if skip in inputs:
            return True
        waiting += [i for i in inputs if context.places[i] > context.places[skip]]
    return False


LINT = Lint(
    id="HA106",
    severity="info",
    summary="a sum of maps that are never negative",
    explanation=(
        "After a ReLU a branch can add to its skip and not take away from it: from sum to sum the "
        "values only grow. He et al. found a residual network worse so (7.84 % instead of 6.61 % "
        "errors on CIFAR-10, ResNet-110), and end a branch in its last norm or convolution. A "
        "layer without weights is taken to keep what is not negative so."
    ),
    fix="add the branch before its ReLU, and rectify the sum",
    source="He et al., Identity Mappings (arXiv:1603.05027), section 4.1, Fig. 4 (c), Table 2",
    check=_check,
)
