"""What can be counted of a layer at its place, by name: its operations, and a few sizes."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from ..ir.dims import Dim
from ..ir.graph import Node
from ..ir.layer import Layer, Ops


def quantity(name: str, node: Node, ops: Ops) -> Dim:
    """The measure `name` of a layer whose operations are `ops`: one of them, or one of `SIZES`."""
    size = SIZES.get(name)
    number: Dim = size(node) if size else getattr(ops, name)
    return number


def _params(layer: Layer) -> Dim:
    return sum(map(prod, layer.weights().values()))


def _inputs(node: Node) -> Dim:
    """Elements that are read; zeros that differ by side are put around the map before it is."""
    if node.layer.sides is None:
        return prod(node.input_shapes[0])
    channels, height, width = node.input_shapes[0]
    above, below, left, right = node.layer.sides
    return channels * (above + height + below) * (left + width + right)


def _size(node: Node) -> int:
    size: int = node.layer.attributes()["size"]
    return size


SIZES: dict[str, Callable[[Node], Dim]] = {
    "inputs": _inputs,
    "outputs": lambda node: prod(node.shape),
    "layers": lambda node: 1,
    "params": lambda node: _params(node.layer),
    "dense_params": lambda node: _params(node.layer.ungrouped()),
    "window": lambda node: _size(node) * prod(node.shape),
    "rim": lambda node: (_size(node) - 1) * prod(node.shape[1:]),
}
"""`inputs` and `outputs` are elements, the first input's; `layers` is one for each layer; `params`
are trained numbers, and `dense_params` those of one group. Of response normalisation, which slides
over the channels: `window`, the elements of all its windows, and `rim`, the zeros around its input.
"""
