"""The strides from the image to each map, multiplied along the way."""

from __future__ import annotations

from dataclasses import dataclass

from ..ir.dims import Pair
from ..ir.graph import Graph


@dataclass(frozen=True)
class Reduction:
    """Strides from the image to each layer, along height and width, in the graph's order."""

    by_layer: tuple[Pair, ...]


def analyze(graph: Graph) -> Reduction:
    """The largest over all ways from the image to a layer."""
    result: dict[str, Pair] = {}
    for node in graph:
        ways = [result[name] for name in node.inputs] or [(1, 1)]
        height, width = (max(way[axis] for way in ways) for axis in (0, 1))
        steps = node.layer.window.stride if node.layer.window else (1, 1)
        result[node.name] = (height * steps[0], width * steps[1])
    return Reduction(tuple(result.values()))
