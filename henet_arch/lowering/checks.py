"""What cannot be lowered is refused before the walk over the graph."""

from __future__ import annotations

from math import prod

from ..ir.dims import format_shape
from ..ir.graph import Graph, Node, check_names
from ..support.errors import EmitError, LimitError
from ..support.limits import MOST_PHASES, MOST_PLANES

_WORDS = ("mode",)
"""Attributes that are words, which the lowering looks up and no code holds."""


def check(graph: Graph) -> None:
    """Refuse sizes that are symbols, operators without a kind, and what is too much.

    Raises:
        GraphError: it has a name that no builder takes.
        EmitError: a layer's size is a symbol or its kind is unknown.
        LimitError: its layers have too many channels, or a window has too many phases.
    """
    check_names(graph)
    for node in graph:
        _check(node)
    planes = sum(node.shape[0] for node in graph if len(node.shape) == 3 or node.layer.weights())
    check_planes(graph.name, planes)


def check_planes(name: str, planes: int) -> None:
    """Refuse more planes than can be planned.

    Raises:
        LimitError: there are too many.
    """
    if planes > MOST_PLANES:
        raise LimitError(
            f"{name} has {planes:,} channels in all of its layers, and the limit is "
            f"{MOST_PLANES:,}",
            why="each of them is given a place in memory",
            fix="fewer channels or blocks",
        )


def _check(node: Node) -> None:
    if not node.layer.structure_known:
        operator = node.layer.attributes().get("operator", node.layer.kind)
        raise EmitError(
            f"{operator} is an operator that no kind of layer describes, and C needs one",
            where=node.name,
            fix="a network without it, or up to it",
        )
    if len(node.shape) not in (1, 3):
        raise EmitError(
            f"{format_shape(node.shape)} is neither a map nor a vector, and C is made of those",
            where=node.name,
        )
    for size in (*node.shape, *(size for shape in node.input_shapes for size in shape)):
        if not isinstance(size, int):
            raise EmitError(f"{size} is a symbol, and code needs numbers", where=node.name)
    _check_phases(node)
    for key, value in node.layer.attributes().items():
        if key in _WORDS:
            continue
        numbers = value if isinstance(value, tuple) else (value,)
        if not all(isinstance(number, int | float | None) for number in numbers):
            raise EmitError(f"{key} of {node.layer.kind} is no number", where=node.name)


def _check_phases(node: Node) -> None:
    """A window of stride s has s * s phases, or as many as its kernel has elements."""
    if window := node.layer.window:
        sizes = (min(pair) for pair in zip(window.kernel, window.stride, strict=True))
        if (phases := prod(sizes)) > MOST_PHASES:
            raise LimitError(
                f"a {format_shape(window.kernel)} window of stride {format_shape(window.stride)} "
                f"has {phases:,} phases, and the limit is {MOST_PHASES:,}",
                where=node.name,
                fix="a smaller stride",
            )
