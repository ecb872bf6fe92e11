"""The strides from the image to each map, multiplied along the way."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .dims import Dim, Shape
from .graph import Graph, Node

Stride = tuple[Dim | Fraction, Dim | Fraction]
"""Along height and width; fractions where a map is larger than the image."""


@dataclass(frozen=True)
class Reduction:
    """Strides from the image to each layer, along height and width, in the graph's order.

    None where an operator of unknown structure stands on the way.
    """

    by_layer: tuple[Stride | None, ...]


def analyze(graph: Graph) -> Reduction:
    """The largest over all ways from the image to a layer."""
    result: dict[str, Stride | None] = {}
    for node in graph:
        result[node.name] = _stride(node, [result[name] for name in node.inputs])
    return Reduction(tuple(result.values()))


def _stride(node: Node, ways: list[Stride | None]) -> Stride | None:
    known = [way for way in ways if way]
    if len(known) < len(ways) or not node.layer.structure_known:
        return None
    before = node.input_shapes[0] if node.inputs else node.shape
    height, width = (
        max((way[axis] for way in known), default=1) * _step(node, axis, before) for axis in (0, 1)
    )
    return height, width


def _step(node: Node, axis: int, before: Shape) -> Dim | Fraction:
    if len(before) != 3 or len(node.shape) != 3:
        return 1
    return node.layer.spacing(axis, before[1 + axis], node.shape[1 + axis])
