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


def _places(node: Node) -> Dim:
    return prod(node.shape[1:])


def _weight(node: Node) -> Dim:
    return prod(node.layer.weights().get("weight", ()))


def _affine(node: Node) -> Dim:
    return _inputs(node) if node.layer.weights() else 0


def _of_vectors(size: Callable[[Node], Dim]) -> Callable[[Node], Dim]:
    return lambda node: size(node) if len(node.shape) == 1 else 0


def _resized(mode: str) -> Callable[[Node], Dim]:
    return lambda node: prod(node.shape) if node.layer.attributes()["mode"] == mode else 0


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
    "placed_params": lambda node: _params(node.layer) * _places(node),
    "placed_weight": lambda node: _weight(node) * _places(node),
    "affine": _affine,
    "vector": _of_vectors(_inputs),
    "affine_vector": _of_vectors(_affine),
    "vector_params": _of_vectors(lambda node: _params(node.layer)),
    "nearest": _resized("nearest"),
    "bilinear": _resized("bilinear"),
    "bicubic": _resized("bicubic"),
}
"""`inputs` and `outputs` are elements, the first input's; `layers` is one for each layer; `params`
are trained numbers, and `dense_params` those of one group. Of response normalisation, which slides
over the channels: `window`, the elements of all its windows, and `rim`, the zeros around its input.
`placed_params` and `placed_weight` are trained numbers times the places of the output. Of norms:
`affine`, the elements read where there are trained numbers, `vector`, those of a vector,
`affine_vector`, where both hold, and `vector_params`, the trained numbers of those of a vector.
Of a resize: `nearest`, `bilinear` and `bicubic`, the elements of the output where that is its mode.
"""
