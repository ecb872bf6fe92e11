"""Layers that are a special case of another are lowered as that one."""

from __future__ import annotations

from typing import cast

from ..ir.dims import Pair
from ..ir.graph import Node
from ..ir.layers import AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, GlobalMaxPool2d


def simplified(node: Node) -> Node:
    """The same node, its layer as one of a kind that more is known of."""
    layer = node.layer
    if isinstance(layer, AdaptiveMaxPool2d) and layer.size == (1, 1):
        return node._replace(layer=GlobalMaxPool2d())
    if isinstance(layer, AdaptiveAvgPool2d):
        size = cast(Pair, node.input_shapes[0][1:])
        if size[0] % layer.size[0] == 0 == size[1] % layer.size[1]:
            window = size[0] // layer.size[0], size[1] // layer.size[1]
            return node._replace(layer=AvgPool2d(window, window))
    return node
