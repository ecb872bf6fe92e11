"""What OpenCV 4 computes wrongly, measured with 4.14."""

from __future__ import annotations

from ...ir.dims import format_shape
from ...ir.graph import Graph, Node
from ...ir.layers import Conv2d
from ...support.errors import RunError


def check(graph: Graph) -> None:
    """Refuse a network with a layer that OpenCV is known to compute wrongly.

    Raises:
        RunError: there is one.
    """
    for node in graph:
        if _reaches_over(node):
            raise RunError(
                "OpenCV computes a 3x3 depthwise convolution wrongly whose window reaches over two "
                "edges of its map",
                where=f"{node.name}, input {format_shape(node.input_shapes[0])}",
                why="its own code for 3x3 reads what lies behind",
                fix="a larger image: --input",
            )


def _reaches_over(node: Node) -> bool:
    """Whether it is such a convolution: a window begins before the map and ends behind it."""
    layer = node.layer
    if not isinstance(layer, Conv2d) or layer.kernel != (3, 3):
        return False
    if not layer.groups == layer.in_channels == layer.out_channels:
        return False
    sizes = node.input_shapes[0][1:]
    return any(
        0 < layer.window.sides(axis)[0] <= 2 * layer.dilation[axis] - int(sizes[axis])
        for axis in (0, 1)
    )
