"""Layers that only move channels cost nothing: their readers index the planes themselves.

A channel shuffle, a concatenation, a slice of channels, dropout at inference, a flattening and
channels of zeros do no operation and have no weights, and each of their channels is one channel of
an operand. They are found by these facts. Zeros around a map become the padding of the windows
that read it. What is left are steps: one for each layer that computes, and some more where a layer
is done in parts.
"""

from __future__ import annotations

from math import prod
from typing import cast

from ..ir.dims import Shape
from ..ir.graph import Graph, Node
from ..ir.layer import NO_OPS
from ..ir.layers import ConvTranspose2d, Elementwise, Linear, PReLU
from ..support.errors import EmitError
from .checks import check, check_planes
from .margins import Margins
from .pointwise import is_join, is_pointwise
from .program import WEIGHT, ZERO, Epilogue, Program, Size, Step, Value
from .simplify import simplified
from .transposed import is_spread, spread_size


def elide_moves(graph: Graph) -> Program:
    """The steps of `graph`.

    Raises:
        GraphError: it has a name that no builder takes.
        EmitError: it has a size that is a symbol, or an operator that no kind describes.
        LimitError: its layers have too many channels, or a window has too many phases.
    """
    check(graph)
    walk = _Walk(graph)
    for node in graph:
        walk.visit(node)
    outputs = tuple(walk.values[name] for name in graph.outputs)
    inputs = tuple(node for node in graph if not node.inputs)
    return Program(graph.name, (*walk.weights, *walk.steps), outputs, inputs)


class _Walk:
    """The steps so far, and what each layer is made of."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._margins = Margins()
        self._flat: dict[str, Value] = {}
        """Vectors of a flattened map that were copied, an element a plane."""
        self.values: dict[str, Value] = {}
        self.weights: list[Step] = []
        """Those that bring a layer's numbers, before all others: any step may end with them."""
        self.steps: list[Step] = []

    def visit(self, node: Node) -> None:
        """Say which planes the layer's output is made of, and add the steps that make them."""
        node = simplified(node)
        operands = [self.values[name] for name in node.inputs]
        value: Value
        if _moves(node):
            value = self._moved(node, operands)
        elif is_join(node.layer):
            value = self._joined(node, operands)
        elif isinstance(node.layer, PReLU):
            value = self._sloped(node, node.layer)
        elif isinstance(node.layer, ConvTranspose2d):
            value = self._transposed(node, node.layer, operands[0])
        else:
            value = self._computed(node, operands)
        self.values[node.name] = value

    def _moved(self, node: Node, operands: list[Value]) -> Value:
        if _stays_flat(node, operands):
            return operands[0]
        operands = [self._plain(name) for name in node.inputs]
        planes = []
        for channel in range(cast(int, node.channels)):
            read = node.layer.reads(channel, node.input_shapes)
            pairs = zip(operands, read, strict=True)
            result = [operand.planes[i] for operand, at in pairs for i in at]
            if len(result) > 1:
                raise EmitError(
                    f"{node.layer.kind} mixes channels without an operation", where=node.name
                )
            planes.append(result[0] if result else ZERO)
        return Value(tuple(planes), operands[0].size)

    def _computed(self, node: Node, operands: list[Value]) -> Value:
        """The layer as a step of its own; a pointwise one copies what it reads, and ends."""
        if not operands:
            return self._add(Step(node, Value((), (0, 0)), *_extent(node.shape)))
        if is_pointwise(node.layer):
            source = operands[0]
            step = Step(node, source, len(source.planes), source.size, (), (Epilogue(node),))
            return self._add(step)
        node, source = self._margins.merged(node, operands[0])
        if isinstance(node.layer, Elementwise):
            return self._add(Step(node, source, len(source.planes), source.size))
        if not isinstance(node.layer, Linear) and len(node.input_shapes[0]) == 1:
            source = self._plain(node.inputs[0])
        self._margins.note(node, source)
        return self._add(Step(node, source, *_extent(node.shape)))

    def _joined(self, node: Node, operands: list[Value]) -> Value:
        """The first operand of full size, and the others as what ends the step."""
        channels, size = _extent(node.shape)
        if len(node.shape) == 1 and len(set(node.input_shapes)) == 1 == len(_sizes(operands)):
            channels, size = len(operands[0].planes), operands[0].size  # flattened all alike
        elif len(node.shape) == 1:
            operands = [self._plain(name) for name in node.inputs]
        fitting = [
            self._fitting(node, index, value, channels, size)
            for index, value in enumerate(operands)
        ]
        first = next((i for i, value in enumerate(fitting) if value.size == size), 0)
        main = fitting.pop(first)
        if main.size != size:
            main = self._widened(node, first, main, size)
        finish = Epilogue(
            node,
            tuple(value.planes for value in fitting),
            tuple(value.size != size for value in fitting),
            swapped=first > 0,
        )
        return self._add(Step(node, main, channels, size, (), (finish,)))

    def _fitting(self, node: Node, index: int, value: Value, channels: int, size: Size) -> Value:
        """An operand with a plane for each channel, of full size or of one element."""
        if value.size not in (size, (1, 1)):
            value = self._widened(node, index, value, size)
        return Value(value.planes * (channels // len(value.planes)), value.size)

    def _widened(self, node: Node, index: int, value: Value, size: Size) -> Value:
        """A copy of an operand, its rows or columns as often as the others have them."""
        unique = tuple(dict.fromkeys(value.planes))
        step = Step(node, Value(unique, value.size), len(unique), size, part=f"wide{index}")
        copy = dict(zip(unique, self._add(step).planes, strict=True))
        return Value(tuple(copy[plane] for plane in value.planes), size)

    def _sloped(self, node: Node, layer: PReLU) -> Value:
        """The slopes as elements of planes, which every plane below 0 is multiplied with."""
        count = cast(int, layer.channels)
        source = self.values[node.inputs[0]] if count == 1 else self._plain(node.inputs[0])
        slopes = Step(node, Value((), (0, 0)), count, (1, 1), part=WEIGHT)
        self.weights.append(slopes)
        channels = len(source.planes)
        operand = slopes.planes(0) * (channels // count)
        finish = Epilogue(node, (operand,), (source.size != (1, 1),))
        return self._add(Step(node, source, channels, source.size, (), (finish,)))

    def _transposed(self, node: Node, layer: ConvTranspose2d, source: Value) -> Value:
        """A convolution over a copy that has zeros between the elements."""
        if is_spread(layer):
            size = spread_size(layer, source.size)
            channels = len(source.planes)
            source = self._add(Step(node, source, channels, size, part="spread"))
        return self._add(Step(node, source, *_extent(node.shape)))

    def _plain(self, name: str) -> Value:
        """What a layer makes; a flattened map is copied to planes of one element each.

        Raises:
            LimitError: it has too many elements.
        """
        node, value = self._graph[name], self.values[name]
        if len(node.shape) == 3 or value.size == (1, 1):
            return value
        if name not in self._flat:
            planes = sum(step.channels for step in self.steps)
            check_planes(self._graph.name, planes + value.elements)
            self._flat[name] = self._add(Step(node, value, value.elements, (1, 1), part="flat"))
        return self._flat[name]

    def _add(self, step: Step) -> Value:
        self.steps.append(step)
        return Value(step.planes(step.last), step.size)


def _moves(node: Node) -> bool:
    """Whether the layer does nothing but say where its channels are."""
    layer = node.layer
    if not node.inputs or layer.weights() or layer.buffers() or layer.window:
        return False
    return layer.ops(node.input_shapes, node.shape) == NO_OPS and not _resizes(node)


def _resizes(node: Node) -> bool:
    """Whether a map that it reads has other rows or columns than the one that it makes."""
    maps = (shape for shape in node.input_shapes if len(shape) == 3)
    return len(node.shape) == 3 and any(shape[1:] != node.shape[1:] for shape in maps)


def _stays_flat(node: Node, operands: list[Value]) -> bool:
    """Whether it is a vector of all elements of one flattened map, in their order."""
    (first, *others) = operands
    if len(node.shape) != 1 or others or first.size == (1, 1):
        return False
    return prod(node.shape) == first.elements


def _sizes(values: list[Value]) -> set[Size]:
    return {value.size for value in values}


def _extent(shape: Shape) -> tuple[int, Size]:
    """Planes and their size; those of a vector have one element."""
    sizes = cast("tuple[int, ...]", shape)
    return sizes[0], (sizes[1], sizes[2]) if len(sizes) == 3 else (1, 1)
