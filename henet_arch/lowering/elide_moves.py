"""Layers that only move channels cost nothing: their readers index the planes themselves.

A channel shuffle, a concatenation, dropout at inference, a flattening and channels of zeros do no
operation and have no weights, and each of their channels is one channel of an operand. They are
found by these facts. What is left are steps, one for each layer that computes.
"""

from __future__ import annotations

from math import prod
from typing import cast

from ..ir.dims import format_shape
from ..ir.graph import Graph, Node, check_names
from ..ir.layer import NO_OPS, Layer
from ..ir.layers import Add, Elementwise
from ..support.errors import EmitError, LimitError
from ..support.limits import MOST_PHASES, MOST_PLANES
from .program import ZERO, Epilogue, Program, Size, Step, Value


def is_pointwise(layer: Layer) -> bool:
    """Whether a step can do it to each element before it is stored, many at once."""
    return isinstance(layer, Add) or (
        isinstance(layer, Elementwise) and bool(layer.function.vector)
    )


def elide_moves(graph: Graph) -> Program:
    """The steps of `graph`, one for each layer that computes.

    Raises:
        GraphError: it has a name that no builder takes.
        EmitError: it has a size that is a symbol, or adds maps that were flattened differently.
        LimitError: its layers have too many channels, or a window has too many phases.
    """
    check_names(graph)
    for node in graph:
        _check(node)
    _check_size(graph)
    values: dict[str, Value] = {}
    steps = []
    for node in graph:
        operands = [values[name] for name in node.inputs]
        if _moves(node):
            values[node.name] = _moved(node, operands)
            continue
        step = _step(node, operands)
        steps.append(step)
        values[node.name] = Value(step.planes(step.last), step.size)
    outputs = tuple(values[name] for name in graph.outputs)
    inputs = tuple(node for node in graph if not node.inputs)
    return Program(graph.name, tuple(steps), outputs, inputs)


def _check_size(graph: Graph) -> None:
    """Refuse more planes than can be planned; a flattened map keeps those that it is made of."""
    planes = sum(node.shape[0] for node in graph if len(node.shape) == 3 or node.layer.weights())
    if planes > MOST_PLANES:
        raise LimitError(
            f"{graph.name} has {planes:,} channels in all of its layers, and the limit is "
            f"{MOST_PLANES:,}",
            why="each of them is given a place in memory",
            fix="fewer channels or blocks",
        )


def _check(node: Node) -> None:
    for size in (*node.shape, *(size for shape in node.input_shapes for size in shape)):
        if not isinstance(size, int):
            raise EmitError(f"{size} is a symbol, and code needs numbers", where=node.name)
    _check_phases(node)
    for key, value in node.layer.attributes().items():
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


def _moves(node: Node) -> bool:
    """Whether the layer does nothing but say where its channels are."""
    layer = node.layer
    if not node.inputs or layer.weights() or layer.buffers() or layer.window:
        return False
    return layer.ops(node.input_shapes, node.shape) == NO_OPS


def _moved(node: Node, operands: list[Value]) -> Value:
    if len(node.shape) == 1:  # a vector keeps the planes that it was flattened from
        return operands[0]
    planes = []
    for channel in range(cast(int, node.channels)):
        read = node.layer.reads(channel, node.input_shapes)
        result = [operand.planes[i] for operand, at in zip(operands, read, strict=True) for i in at]
        if len(result) > 1:
            raise EmitError(
                f"{node.layer.kind} mixes channels without an operation", where=node.name
            )
        planes.append(result[0] if result else ZERO)
    return Value(tuple(planes), operands[0].size)


def _step(node: Node, operands: list[Value]) -> Step:
    """The layer as a step of its own; one that works on each element first copies what it reads."""
    if not is_pointwise(node.layer):
        source = operands[0] if operands else Value((), (0, 0))
        channels, size = _extent(node, operands)
        return Step(node, source, channels, size)
    source = operands[0]
    if any(other.size != source.size for other in operands):
        raise EmitError("adds maps that were flattened from different sizes", where=node.name)
    finish = Epilogue(node, tuple(other.planes for other in operands[1:]))
    return Step(node, source, len(source.planes), source.size, epilogues=(finish,))


def _extent(node: Node, operands: list[Value]) -> tuple[int, Size]:
    shape = cast("tuple[int, ...]", node.shape)
    if len(shape) == 3:
        return shape[0], (shape[1], shape[2])
    flattened = operands and operands[0].elements == prod(shape)
    if flattened and node.layer.kind != "linear":
        return len(operands[0].planes), operands[0].size
    return shape[0], (1, 1)
