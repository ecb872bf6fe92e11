"""Grouped convolutions in a row whose groups never meet."""

from __future__ import annotations

from collections.abc import Iterator

from ..analyzers._reach import Reads, reads, unions
from ..graph import Node
from ..linting import Context, Finding, Lint, macs


def _check(context: Context) -> Iterator[Finding]:
    told: set[str] = set()
    for node in context.graph:
        if node.name in told or not _joins(node):
            continue
        groups = reads(node)
        after = _apart(context, node, groups) if groups[0] != groups[-1] else []
        if after:
            told.update(after)
            yield Finding((node.name, *after), *_said(len(set(groups)), after))


def _joins(node: Node) -> bool:
    """Whether it is a convolution of more than one channel at a time."""
    if len(node.shape) < 3 or not macs(node):
        return False
    return len(node.layer.reads(0, node.input_shapes)[0]) > 1


def _apart(context: Context, start: Node, groups: Reads) -> list[str]:
    """The convolutions after `start` that keep its groups apart; none if any two groups meet.

    A channel is marked with the groups that it depends on, one bit for each.
    """
    bits = {group: 1 << index for index, group in enumerate(dict.fromkeys(groups))}
    marks = {start.name: [bits[group] for group in groups]}
    found = []
    for node in context.after(start.name):
        if len(node.shape) < 3 or marks.keys().isdisjoint(node.inputs):
            continue
        marks[node.name] = _marked(node, marks)
        if any(mark & (mark - 1) for mark in marks[node.name]):
            return []
        if _joins(node):
            found.append(node.name)
    return found


def _marked(node: Node, marks: dict[str, list[int]]) -> list[int]:
    operands = zip(node.inputs, node.input_shapes, strict=True)
    return unions(reads(node), [marks.get(name, [0] * int(shape[0])) for name, shape in operands])


def _said(groups: int, after: list[str]) -> tuple[str, str]:
    joined = ", ".join(after[:3]) + (", ..." if len(after) > 3 else "")
    return (
        f"its {groups} groups stay apart in {joined}, and no map has two of them",
        f"a shuffle in {groups} groups before {after[0]}, or 1 group there",
    )


LINT = Lint(
    id="HA102",
    severity="warning",
    summary="grouped convolutions in a row whose groups never meet",
    explanation=(
        "Convolutions with the same groups, one after the other, are networks side by side: each "
        "group only ever sees its own part of the channels, as in Fig. 2 (a) of the HENet paper. "
        "Fires where no map after the first of them depends on two of its groups, whichever way "
        "the channels take; a fully connected head may join them then. Silent where any two of the "
        "groups meet in any map, and on depthwise convolutions, which a pointwise one completes."
    ),
    fix="a channel shuffle in as many groups between them, or one convolution of 1 group",
    source="HENet section 3.1 and Fig. 2 (a); ShuffleNet (arXiv:1707.01083), section 3.1",
    check=_check,
    keys=("groups",),
)
