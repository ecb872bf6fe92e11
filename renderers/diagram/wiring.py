"""Who reads whom among the children of each frame."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from ...views.diagram import Box, Diagram, Frame


class Read(NamedTuple):
    """One line between two children of a frame, or to its border.

    Attributes:
        value: the key of the box whose map it is.
        source: the child that gives it; None where it comes from outside.
        target: the child that reads it; None where it is read outside.
        operand: which of the times that a box reads the same; 0 for a frame.
    """

    value: str
    source: str | None
    target: str | None
    operand: int = 0


def lone(frame: Frame, level: int) -> Box | None:
    """The one box inside a block, which is then drawn without a frame.

    Args:
        level: how many frames are around it, beside that of the network.
    """
    only = frame.children[0]
    alone = level and len(frame.children) == frame.repeat == 1
    return only if alone and isinstance(only, Box) else None


def wiring(diagram: Diagram) -> dict[str, tuple[Read, ...]]:
    """The lines inside each frame, by its key; not those from one repetition to the next."""
    around = dict(_ancestors(diagram.whole, ()))
    whole = {key for child in diagram.whole.children for key in _lone_blocks(child, 0)}
    reads: dict[str, dict[Read, None]] = defaultdict(dict)
    times: dict[tuple[str, str], int] = defaultdict(int)
    for edge in diagram.edges:
        if edge.again:
            continue
        operand = times[edge.source, edge.target]
        times[edge.source, edge.target] += 1
        first, last = around[edge.source], around[edge.target]
        common = next(i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
        whole.add(edge.target)
        own = operand if last[common] in whole else 0
        read = Read(edge.source, first[common], last[common], own)
        reads[first[common - 1]][read] = None
        for depth in range(common + 1, len(first)):
            reads[first[depth - 1]][Read(edge.source, first[depth], None)] = None
        for depth in range(common + 1, len(last)):
            own = operand if last[depth] in whole else 0
            reads[last[depth - 1]][Read(edge.source, None, last[depth], own)] = None
    return {key: tuple(own) for key, own in reads.items()}


def _lone_blocks(child: Box | Frame, level: int) -> Iterator[str]:
    if isinstance(child, Frame):
        if lone(child, level):
            yield child.key
        for inner in child.children:
            yield from _lone_blocks(inner, level + 1)


def repeated(diagram: Diagram) -> dict[str, tuple[tuple[str, str], ...]]:
    """The lines from one repetition to the next that say more than that it follows, by the run.

    What the next repetition reads in place of what the first reads from outside, from the one box
    whose map leaves the run, goes without saying.
    """
    around = dict(_ancestors(diagram.whole, ()))
    outside: set[str] = set()
    leaving: set[str] = set()
    for edge in diagram.edges:
        if not edge.again and around[edge.source][:-1] != around[edge.target][:-1]:
            outside.add(edge.target)
            leaving.add(edge.source)
    leaving |= {key for key, _ in diagram.outputs}
    result: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
    for edge in diagram.edges:
        if not edge.again or (edge.source in leaving and edge.target in outside):
            continue
        first, last = around[edge.source], around[edge.target]
        common = next(
            (i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first) - 1
        )
        result[first[common - 1]][first[common], last[common]] = None
    return {key: tuple(own) for key, own in result.items()}


def _ancestors(
    child: Box | Frame, around: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every box with the frames around it, and itself."""
    path = (*around, child.key)
    if isinstance(child, Box):
        yield child.key, path
        return
    for inner in child.children:
        yield from _ancestors(inner, path)
