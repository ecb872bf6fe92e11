"""How deep a network is whose repeats are symbols."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sympy import Expr, Integer, Max

from ..analyzers import depth
from ..ir.graph import Node
from ..ir.scope import is_inside
from ..support.errors import RuleError
from .expansion import Expansion
from .names import symbol


class Gain(NamedTuple):
    """How much deeper one further block makes what comes after it."""

    count: Expr
    """The symbol that counts the blocks."""
    last: str
    """The last layer of the second block."""
    layers: int


def deepest(expansion: Expansion) -> Expr:
    """Most layers with multiply-accumulates on a path from an image to an output.

    The second block makes all maps that it hands to the third deeper by one number, and a path is
    as much longer as the maps it begins from are deeper. So each further block adds that number.

    Raises:
        RuleError: it makes some of them deeper than others.
    """
    depths = depth.analyze(expansion.graph)
    gains = list(_gains(expansion))
    positions = expansion.graph.positions
    lengths = []
    for output in expansion.graph.outputs:
        passed = [gain for gain in gains if positions[gain.last] <= positions[output]]
        more = ((gain.count - 2) * gain.layers for gain in passed)
        lengths.append(sum(more, Integer(depths[output])))
    return Max(*lengths)


def _gains(expansion: Expansion) -> Iterator[Gain]:
    two, three = ({node.name for node in graph} for graph in expansion.graphs[1:])
    nodes = list(expansion.graphs[2])
    depths = depth.analyze(expansion.graphs[2])
    for name in expansion.symbols:
        if name[0] != "r":
            continue
        stage = expansion.source.stage(name)
        here = [(i, node.name) for i, node in enumerate(nodes) if is_inside(node.name, stage)]
        second = [i for i, n in here if n in two and expansion.times[n] != 1]
        third = [i for i, n in here if n in three - two]
        early = _handed_on(nodes[: second[0]], nodes[second[0] :], depths)
        late = _handed_on(nodes[: third[0]], nodes[third[0] :], depths)
        steps = {after - before for before, after in zip(early, late, strict=False)}
        if len(early) != len(late) or len(steps) != 1:
            raise RuleError(
                f"the depth is no formula in {name}",
                where=f"network {expansion.graph.name!r}, {stage}",
                why="a further block makes some of its maps deeper than others",
                fix=f"a number for {name}",
            )
        yield Gain(symbol(name), nodes[second[-1]].name, steps.pop())


def _handed_on(before: list[Node], after: list[Node], depths: dict[str, int]) -> list[int]:
    """The depths of the maps that layers make `before` and read `after`."""
    read = {name for node in after for name in node.inputs}
    return [depths[node.name] for node in before if node.name in read]
