"""What can be counted of a layer at its place, by name: its operations, and a few sizes."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from .dims import Dim
from .graph import Node
from .layer import Ops


def measure(name: str, node: Node, ops: Ops) -> Dim:
    """The measure `name` of a layer whose operations are `ops`: one of them, or one of `SIZES`."""
    size = SIZES.get(name)
    found: Dim = size(node) if size else getattr(ops, name)
    return found


def _dense_mac(node: Node) -> Dim:
    return node.layer.ungrouped().ops(node.input_shapes, node.shape).mac


def _size(node: Node) -> int:
    size: int = node.layer.attributes()["size"]
    return size


SIZES: dict[str, Callable[[Node], Dim]] = {
    "inputs": lambda node: prod(node.input_shapes[0]),
    "outputs": lambda node: prod(node.shape),
    "params": lambda node: sum(map(prod, node.layer.weights().values())),
    "dense_mac": _dense_mac,
    "window": lambda node: _size(node) * prod(node.shape),
    "rim": lambda node: (_size(node) - 1) * prod(node.shape[1:]),
}
"""`inputs` and `outputs` are elements, the first input's; `params` are trained numbers; `dense_mac`
are multiply-accumulates as if there were one group. Of response normalisation, which slides over
the channels: `window`, the elements of all its windows, and `rim`, the zeros around its input.
"""
