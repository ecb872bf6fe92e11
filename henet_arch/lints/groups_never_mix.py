"""Grouped convolutions in a row whose groups never meet."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

from ..analyzers._reach import Reads, reads, unions
from ..ir.graph import Node
from .rule import Context, Finding, Rule, listed, macs

Pattern = tuple[str, tuple[int, ...]]
"""A layer, and numbers of its channels: equal ones depend on the same groups."""

Marks = dict[str, list[int]]
"""For each channel of a layer the groups that it depends on, one bit for each."""


def _check(context: Context) -> Iterator[Finding]:
    reported: set[str] = set()
    meeting: set[Pattern] = set()
    ends = _ends(context)
    for node in context.graph:
        if node.name in reported or not _joins(node):
            continue
        groups = reads(node)
        marks = _apart(context, node, groups, meeting, ends) if groups[0] != groups[-1] else {}
        after = [name for name in marks if name != node.name and _joins(context.graph[name])]
        if after:
            reported.update(after)
            yield Finding((node.name, *after), *_said(context, len(set(groups)), after, marks))


def _joins(node: Node) -> bool:
    """Whether it is a convolution of more than one channel at a time."""
    if len(node.shape) < 3 or len(node.inputs) != 1 or not macs(node):
        return False
    return len(node.layer.reads(0, node.input_shapes)[0]) > 1


def _ends(context: Context) -> set[str]:
    """The vectors of which no map is made again, as a gate is that multiplies one."""
    ends: set[str] = set()
    for node in reversed(context.graph.nodes):
        readers = context.graph.readers[node.name]
        if len(node.shape) < 3 and all(reader.name in ends for reader in readers):
            ends.add(node.name)
    return ends


def _apart(
    context: Context, start: Node, groups: Reads, meeting: set[Pattern], ends: set[str]
) -> Marks:
    """`start` and the maps that depend on it; none if any two of its groups meet in one.

    Where a layer alone carries the groups on, its pattern says whether they meet: `meeting` has the
    patterns of which that is known, and keeps those that are met here.
    """
    bits = {group: 1 << index for index, group in enumerate(dict.fromkeys(groups))}
    marks = {start.name: [bits[group] for group in groups]}
    passed: list[Pattern] = []
    waiting = _places(context, start)
    last = max(waiting, default=0)
    while waiting:
        place = heappop(waiting)
        node = context.graph.nodes[place]
        if node.name in marks or node.name in ends:
            continue
        if not node.layer.structure_known:  # they may meet inside
            return {}
        mark = marks[node.name] = _marked(node, marks)
        if len(node.shape) == 3:
            if place == last:
                passed.append(_pattern(node, mark))
            if _meet(mark) or not meeting.isdisjoint(passed[-1:]):
                meeting.update(passed)
                return {}
        for reader in _places(context, node):
            heappush(waiting, reader)
            last = max(last, reader)
    return marks


def _places(context: Context, node: Node) -> list[int]:
    """Where the layers that read a layer stand, in order."""
    return [context.graph.positions[reader.name] for reader in context.graph.readers[node.name]]


def _pattern(node: Node, marks: list[int]) -> Pattern:
    numbers = {0: 0}
    return node.name, tuple(numbers.setdefault(mark, len(numbers)) for mark in marks)


def _meet(marks: list[int]) -> bool:
    return any(mark & (mark - 1) for mark in marks)


def _marked(node: Node, marks: Marks) -> list[int]:
    operands = zip(node.inputs, node.input_shapes, strict=True)
    return unions(reads(node), [marks.get(name, [0] * int(shape[0])) for name, shape in operands])


def _said(context: Context, groups: int, after: list[str], marks: Marks) -> tuple[str, str]:
    what = f"its {groups} groups stay apart in {listed(after)}, and no map has two of them"
    first = context.graph[after[0]]
    if _meet(unions(reads(first), [_shuffled(marks[first.inputs[0]], groups)])):
        return what, f"a shuffle in {groups} groups before {first.name}, or 1 group there"
    return what, f"1 group in {first.name}"


def _shuffled(marks: list[int], groups: int) -> list[int]:
    """The channels of `groups` rows by columns; as they are where the rows would not be equal."""
    columns, rest = divmod(len(marks), groups)
    if rest:
        return marks
    return [mark for column in range(columns) for mark in marks[column::columns]]


RULE = Rule(
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
    advice="a channel shuffle in as many groups between them, or one convolution of 1 group",
    source="HENet section 3.1 and Fig. 2 (a); ShuffleNet (arXiv:1707.01083), section 3.1",
    check=_check,
    keys=("groups",),
    proposals=lambda spec: ({"groups": "dense"},),
)
