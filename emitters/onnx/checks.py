"""What cannot be written as ONNX is refused before anything is."""

from __future__ import annotations

from ...ir.graph import Graph, Node, check_names
from ...support.errors import EmitError
from .._opaque import refuse_opaque
from .rows import ROWS
from .tensors import is_float

_LARGEST = 2**63 - 1
"""A whole number of ONNX."""


def check(graph: Graph) -> None:
    """Refuse layers, sizes and types that ONNX does not have.

    Raises:
        GraphError: it has a name that no builder takes.
        EmitError: a layer's kind is unknown, or a size is no number, or its elements are no floats.
    """
    check_names(graph)
    for node in graph:
        _check_kind(node)
        _check_numbers(node)
        _check_type(graph, node)


def _check_kind(node: Node) -> None:
    refuse_opaque(node)
    layer = node.layer
    if node.inputs and layer.kind not in ROWS:
        raise EmitError(f"target onnx has no row for the kind {layer.kind!r}", where=node.name)


def _check_numbers(node: Node) -> None:
    shapes = (node.shape, *node.input_shapes)
    settings = node.layer.attributes().values()
    tuples = (each if isinstance(each, tuple) else (each,) for each in settings)
    for number in (n for each in (*shapes, *tuples) for n in each):
        if not isinstance(number, int | float | str | None):
            raise EmitError(f"{number} is a symbol, and ONNX needs numbers", where=node.name)
        if isinstance(number, int) and abs(number) > _LARGEST:
            raise EmitError(f"{number} is larger than ONNX's whole numbers", where=node.name)


def _check_type(graph: Graph, node: Node) -> None:
    own = node.element_type.name
    if not is_float(own):
        raise EmitError(
            f"elements of {own} are none that a layer computes with",
            where=node.name,
            fix="float32, float16, bfloat16 or float64",
        )
    for name in node.inputs:
        if (other := graph[name].element_type.name) != own:
            raise EmitError(
                f"it has elements of {own}, and reads those of {other}",
                where=node.name,
                why="a conversion is no layer",
                fix="one element type for all layers",
            )
