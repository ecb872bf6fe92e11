"""From the layers of a graph to the kernels of its forward pass, in the order in which they run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

from ...ir.dims import Window, format_shape
from ...ir.graph import Graph, Node
from ...ir.layer import Layer
from ...ir.layers import Elementwise
from ...support.errors import EmitError
from .kernels import Convolution, Kernel, Pool, Sum
from .values import ZERO, Map, Norm, Size, Terms, Value, View

ELSEWHERE = "train --engine torch, which trains every network"
"""What an error says is to be done."""


@dataclass
class Forward:
    """The kernels, the maps that they make, and what is known of both."""

    kernels: list[Kernel] = field(default_factory=list)
    """In order; the index of a kernel is that of the map that it makes."""
    maps: list[Map] = field(default_factory=list)
    norms: list[Norm] = field(default_factory=list)
    norm_layers: list[Node] = field(default_factory=list)
    dropouts: list[Node] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)
    bends: dict[str, Value] = field(default_factory=dict)
    """What the layers read whose slope depends on it: functions, and pools of largest elements."""

    def add(self, kernel: Callable[[int], Kernel], made: Map) -> tuple[View, ...]:
        """Enter what makes a map, and give the map's planes."""
        index = len(self.maps)
        self.maps.append(made)
        self.kernels.append(kernel(index))
        return tuple(View(index, channel) for channel in range(made.channels))

    def total(self, terms: Sequence[Terms], size: Size, dropout: int | None = None) -> Value:
        """The sums of `terms` as a map of their own."""
        listed = tuple(tuple(view for view in each if view != ZERO) for each in terms)
        views = self.add(lambda index: Sum(index, listed, size, dropout), Map(len(listed), size))
        return Value(views, size)

    def stored(self, value: Value) -> Value:
        """The value as a map of its own."""
        return self.total([(view,) for view in value.views], value.size)


def forward(graph: Graph) -> Forward:
    """The kernels of a checked graph.

    Layers that no output depends on run too, since their running statistics go on.
    """
    result = Forward()
    values: dict[str, Value] = {}
    for node in graph:
        inputs = [values[name] for name in node.inputs]
        values[node.name] = _value(result, node, inputs)
        if isinstance(node.layer, Elementwise) or "max_pool" in node.layer.kind:
            result.bends[node.name] = inputs[0]
    result.outputs = [values[name] for name in graph.outputs]
    return result


def has_pass(layer: Layer) -> bool:
    """Whether a training step computes layers of this kind."""
    if isinstance(layer, Elementwise):
        return bool(layer.function.slope)
    return layer.kind in _ROWS


def _value(result: Forward, node: Node, inputs: Sequence[Value]) -> Value:
    if isinstance(node.layer, Elementwise):
        return _function(result, node, node.layer, inputs[0])
    return _ROWS[node.layer.kind](result, node, inputs)


def _size(node: Node) -> Size:
    """Height and width; a vector has single elements."""
    return (node.shape[1], node.shape[2]) if len(node.shape) == 3 else (1, 1)


def _image(result: Forward, node: Node, inputs: Sequence[Value]) -> Value:
    size = _size(node)
    made = Map(node.channels, size)
    return Value(result.add(lambda index: Kernel(index, (), size), made), size)


def _convolution(result: Forward, node: Node, inputs: Sequence[Value]) -> Value:
    layer: Any = node.layer
    value, size = inputs[0], _size(node)
    is_map = node.layer.kind == "conv2d"
    window = layer.window if is_map else Window((1, 1), (1, 1), (0, 0))
    views = result.add(
        lambda index: Convolution(
            index,
            _single(value),
            value.size,
            node,
            window,
            layer.groups if is_map else 1,
            node.channels,
            layer.bias,
        ),
        Map(node.channels, size),
    )
    return Value(views, size)


def _single(value: Value) -> tuple[Terms, ...]:
    return tuple(() if view == ZERO else (view,) for view in value.views)


def _pool(result: Forward, node: Node, inputs: Sequence[Value]) -> Value:
    layer: Any = node.layer
    window, value = _pool_window(node), inputs[0]
    size = _size(node)
    largest = "max" in layer.kind
    values = layer.attributes()
    views = result.add(
        lambda index: Pool(
            index,
            _single(value),
            value.size,
            window,
            largest,
            values.get("count_include_pad", True),
            values.get("divisor_override"),
        ),
        Map(node.channels, size),
    )
    return Value(views, size)


def _pool_window(node: Node) -> Window:
    height, width = node.input_shapes[0][1:]
    return node.layer.window or Window((height, width), (height, width), (0, 0))


def _pad(result: Forward, node: Node, inputs: Sequence[Value]) -> Value:
    """Zeros around a map: windows of one element each."""
    layer: Any = node.layer
    if layer.mode != "constant" or layer.value:
        raise EmitError(
            f"the native training step pads with zeros, and not with {layer.mode} {layer.value}",
            where=node.name,
            fix=ELSEWHERE,
        )
    return _picked(result, node, inputs[0], Window((1, 1), (1, 1), layer.padding))


def _crop(result: Forward, node: Node, inputs: Sequence[Value]) -> Value:
    """Some rows and columns: windows of one element each, that begin inside the map."""
    layer: Any = node.layer
    above, below, left, right = layer.edges
    return _picked(
        result, node, inputs[0], Window((1, 1), layer.stride, (-above, -below, -left, -right))
    )


def _picked(result: Forward, node: Node, value: Value, window: Window) -> Value:
    """Each element is one of the map, or a zero around it."""
    size = _size(node)
    views = result.add(
        lambda index: Pool(index, _single(value), value.size, window, False, divisor=1),
        Map(node.channels, size),
    )
    return Value(views, size)


def _norm(result: Forward, node: Node, inputs: Sequence[Value]) -> Value:
    value = inputs[0]
    if not all(view.is_bare and view != ZERO and view.pixel is None for view in value.views):
        value = result.stored(value)
    first = len(result.norms)
    index = len(result.norm_layers)
    result.norm_layers.append(node)
    repeats = Counter[View]()
    for channel, view in enumerate(value.views):
        repeat = repeats[view]
        result.norms.append(Norm(node.owner, index, channel, view.map, view.channel, repeat))
        repeats[view] += 1
    views = (view._replace(norm=first + n) for n, view in enumerate(value.views))
    return Value(tuple(views), value.size)


def _function(result: Forward, node: Node, layer: Elementwise, value: Value) -> Value:
    if any(_needs_storing(view, layer) for view in value.views):
        value = result.stored(value)
    views = (view if view == ZERO else view._replace(function=layer) for view in value.views)
    return Value(tuple(views), value.size)


def _needs_storing(view: View, layer: Elementwise) -> bool:
    if view == ZERO:
        return not layer.function.keeps_zero or bool(layer.settings)
    return view.function is not None


def _add(result: Forward, node: Node, inputs: Sequence[Value]) -> Value:
    if len({*node.input_shapes}) > 1:
        shapes = " and ".join(map(format_shape, node.input_shapes))
        raise EmitError(
            f"the native training step adds maps of one shape, and not {shapes}",
            where=node.name,
            fix=ELSEWHERE,
        )
    terms = list(zip(*(value.views for value in inputs), strict=True))
    return result.total(terms, inputs[0].size)


def _concat(result: Forward, node: Node, inputs: Sequence[Value]) -> Value:
    return Value(tuple(view for value in inputs for view in value.views), inputs[0].size)


def _moved(result: Forward, node: Node, inputs: Sequence[Value]) -> Value:
    """Channels in another order, some of them left out or zeros."""
    views = []
    for channel in range(node.channels):
        (read,) = node.layer.reads(channel, node.input_shapes)
        views.append(inputs[0].views[read[0]] if len(read) else ZERO)
    return Value(tuple(views), inputs[0].size)


def _flatten(result: Forward, node: Node, inputs: Sequence[Value]) -> Value:
    value = inputs[0]
    pixels = prod(value.size)
    if pixels == 1:
        return value
    views = (
        view if view == ZERO else view._replace(pixel=pixel)
        for view in value.views
        for pixel in range(pixels)
    )
    return Value(tuple(views), (1, 1))


def _unflatten(result: Forward, node: Node, inputs: Sequence[Value]) -> Value:
    return inputs[0]


def _dropout(result: Forward, node: Node, inputs: Sequence[Value]) -> Value:
    layer: Any = node.layer
    value = inputs[0]
    if not layer.p:
        return value
    result.dropouts.append(node)
    terms = [(view,) for view in value.views]
    return result.total(terms, value.size, len(result.dropouts) - 1)


_ROWS: dict[str, Callable[[Forward, Node, Sequence[Value]], Value]] = {
    "input": _image,
    "conv2d": _convolution,
    "linear": _convolution,
    "avg_pool2d": _pool,
    "max_pool2d": _pool,
    "crop2d": _crop,
    "global_avg_pool2d": _pool,
    "global_max_pool2d": _pool,
    "pad2d": _pad,
    "batch_norm2d": _norm,
    "batch_norm1d": _norm,
    "add": _add,
    "concat": _concat,
    "channel_shuffle": _moved,
    "slice_channels": _moved,
    "pad_channels": _moved,
    "flatten": _flatten,
    "unflatten": _unflatten,
    "dropout": _dropout,
}
