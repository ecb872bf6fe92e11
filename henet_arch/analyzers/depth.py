"""How deep a network is: convolutions and fully connected layers, one after the other."""

from __future__ import annotations

from ..ir.graph import Graph


def analyze(graph: Graph) -> dict[str, int]:
    """For each layer, the most layers with multiply-accumulates on a path from an image to it.

    It is among them itself. Source: the way in which papers count, ResNet's 18 to 152 among them.
    """
    result: dict[str, int] = {}
    for node in graph:
        before = max((result[name] for name in node.inputs), default=0)
        multiplies = node.layer.ops(node.input_shapes, node.shape).mac != 0
        result[node.name] = before + multiplies
    return result
