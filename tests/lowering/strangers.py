"""Random graphs of the kinds that other people's networks are made of, for Hypothesis."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from hypothesis import strategies as st

from henet_arch.ir import layers
from henet_arch.ir.functions import FUNCTIONS
from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.ir.layer import Layer
from henet_arch.support.errors import GroupingError, LayerError, ShapeError

Draw = st.DrawFn
Sizes = tuple[int, ...]
_Row = Callable[[Draw, Sizes], Layer]
_LARGEST = 1500
"""Elements of the largest map."""
_JOINS: tuple[type[Layer], ...] = (
    layers.Add,
    layers.Multiply,
    layers.Subtract,
    layers.Divide,
    layers.Maximum,
    layers.Minimum,
)
_WILD = ("exp", "log", "sqrt", "reciprocal", "power")
"""Functions that make numbers too large, or none, of random ones."""


@st.composite
def strangers(draw: Draw) -> Graph:
    """Small graphs of maps and vectors; each layer reads any of those before it."""
    builder = GraphBuilder("random")
    shape = (draw(st.sampled_from((1, 4, 6))), *draw(st.sampled_from(((5, 5), (1, 7), (6, 4)))))
    nodes = [builder.add("image", layers.Input(shape))]
    for index in range(draw(st.integers(1, 12))):
        if drawn := draw(_layer(nodes)):
            layer, inputs, shares = drawn
            nodes.append(builder.add(f"layer{index}", layer, inputs, shares=shares))
    others = [node for node in nodes[1:-1] if draw(st.integers(0, 5)) == 0]
    return builder.finish([nodes[-1], *others])


@st.composite
def _layer(draw: Draw, nodes: list[Node]) -> tuple[Layer, list[Node], str] | None:
    """A layer, what it reads, and whose weights it uses; None where they do not go together."""
    node = draw(st.sampled_from(nodes))
    shape = tuple(int(size) for size in node.shape)
    owners = [n for n in nodes if n.layer.weights() and n.input_shapes == (shape,) and not n.shares]
    if owners and draw(st.integers(0, 3)) == 0:
        owner = draw(st.sampled_from(owners))
        return owner.layer, [node], owner.name
    if draw(st.integers(0, 3)) == 0:
        layer, inputs = draw(_join(nodes, node))
    else:
        rows = _MAPS if len(shape) == 3 else _VECTORS
        try:
            layer, inputs = draw(st.sampled_from(rows))(draw, shape), [node]
        except LayerError:
            return None
    try:
        made = layer.infer(*(node.shape for node in inputs))
    except (ShapeError, GroupingError):
        return None
    return (layer, inputs, "") if prod(map(int, made)) <= _LARGEST else None


@st.composite
def _join(draw: Draw, nodes: list[Node], first: Node) -> tuple[Layer, list[Node]]:
    """A join or a concatenation, broadcasting where it can."""
    layer = draw(st.sampled_from(_JOINS))()
    if draw(st.integers(0, 3)) == 0:
        layer = layers.Concat()
    fitting = [other for other in nodes if _fits(layer, first, other)]
    most = layer.arity[1] or 3
    others = draw(st.lists(st.sampled_from(fitting), min_size=1, max_size=most - 1))
    return layer, draw(st.permutations([first, *others]))


def _fits(layer: Layer, one: Node, other: Node) -> bool:
    try:
        layer.infer(one.shape, other.shape)
    except ShapeError:
        return False
    return True


def _divisor(draw: Draw, number: int) -> int:
    return draw(st.sampled_from([d for d in range(1, number + 1) if number % d == 0]))


def _pair(draw: Draw, *values: int) -> tuple[int, int]:
    choice = st.sampled_from(values)
    return draw(choice), draw(choice)


def _sides(draw: Draw, *values: int) -> tuple[int, int, int, int]:
    return (*_pair(draw, *values), *_pair(draw, *values))


def _conv(draw: Draw, shape: Sizes) -> Layer:
    groups = _divisor(draw, shape[0])
    out = groups * draw(st.sampled_from((1, 2)))
    stride, dilation = _pair(draw, 1, 1, 2), _pair(draw, 1, 1, 2)
    padding: Any = draw(st.sampled_from((0, 1, (1, 0, 0, 2))))  # numbers stand for pairs
    kernel = _pair(draw, 1, 2, 3)
    return layers.Conv2d(shape[0], out, kernel, stride, padding, dilation, groups)


def _transposed(draw: Draw, shape: Sizes) -> Layer:
    groups = _divisor(draw, shape[0])
    return layers.ConvTranspose2d(
        shape[0], groups * draw(st.sampled_from((1, 2))), _pair(draw, 1, 2, 3),
        _pair(draw, 1, 2, 3), _pair(draw, 0, 1, 2), _pair(draw, 0, 1), _pair(draw, 1, 2), groups,
        draw(st.booleans()),
    )  # fmt: skip


def _function(draw: Draw, shape: Sizes) -> Layer:
    name = draw(st.sampled_from(sorted(set(FUNCTIONS) - set(_WILD))))
    settings = [draw(st.sampled_from((v, 0.25, -0.5))) for v in FUNCTIONS[name].parameters.values()]
    if name == "clip":
        settings = [draw(st.sampled_from((-1.0, 0.0))), draw(st.sampled_from((0.5, 6.0)))]
    if name == "softplus":
        settings = [draw(st.sampled_from((1.0, 0.5))), 20.0]
    return layers.Elementwise(name, tuple(settings))


def _resize(draw: Draw, shape: Sizes) -> Layer:
    mode = draw(st.sampled_from(("nearest", "bilinear", "bicubic")))
    aligned = mode != "nearest" and draw(st.booleans())
    if draw(st.booleans()):
        return layers.Resize(size=_pair(draw, 1, 3, 7, 10), mode=mode, align_corners=aligned)
    factor = st.sampled_from((0.5, 1.0, 1.3, 2.0, 3.0))
    return layers.Resize((draw(factor), draw(factor)), mode=mode, align_corners=aligned)


def _slice(draw: Draw, shape: Sizes) -> Layer:
    start = draw(st.integers(0, shape[0] - 1))
    return layers.SliceChannels(start, draw(st.integers(start + 1, shape[0])), _pair(draw, 1, 2)[0])


def _prelu(draw: Draw, shape: Sizes) -> Layer:
    return layers.PReLU(draw(st.sampled_from((1, shape[0]))))


def _scale(draw: Draw, shape: Sizes) -> Layer:
    return layers.Scale(
        shape[0], *draw(st.sampled_from(((True, True), (True, False), (False, True))))
    )


def _layer_norm(draw: Draw, shape: Sizes) -> Layer:
    return layers.LayerNorm(shape[0], 1e-3, draw(st.booleans()), draw(st.booleans()))


def _pad(draw: Draw, shape: Sizes) -> Layer:
    mode = draw(st.sampled_from(("constant", "constant", "reflect", "replicate")))
    value = draw(st.sampled_from((0.0, 0.0, -1.5))) if mode == "constant" else 0.0
    return layers.Pad2d(_sides(draw, 0, 1, 2), mode, value)


def _pool(draw: Draw, shape: Sizes) -> Layer:
    kind: type[layers.MaxPool2d | layers.AvgPool2d] = draw(
        st.sampled_from((layers.MaxPool2d, layers.AvgPool2d))
    )
    return kind(_pair(draw, 2, 3), _pair(draw, 1, 2), _pair(draw, 0, 1), draw(st.booleans()))


_ANY: tuple[_Row, ...] = (
    _function,
    _function,
    _slice,
    _prelu,
    _scale,
    _layer_norm,
    lambda draw, shape: layers.Softmax(),
    lambda draw, shape: layers.Dropout(0.5),
)
_MAPS: tuple[_Row, ...] = (
    *_ANY,
    _conv,
    _conv,
    _transposed,
    _resize,
    _pad,
    _pool,
    lambda draw, shape: layers.BatchNorm2d(shape[0], affine=draw(st.booleans())),
    lambda draw, shape: layers.GroupNorm(
        _divisor(draw, shape[0]), shape[0], 1e-3, affine=draw(st.booleans())
    ),
    lambda draw, shape: layers.Crop2d(_sides(draw, 0, 1), _pair(draw, 1, 2, 3)),
    lambda draw, shape: layers.GlobalAvgPool2d(),
    lambda draw, shape: layers.GlobalMaxPool2d(),
    lambda draw, shape: layers.AdaptiveAvgPool2d(_pair(draw, 1, 2, 3)),
    lambda draw, shape: layers.AdaptiveMaxPool2d(_pair(draw, 1, 2, 3)),
    lambda draw, shape: layers.ChannelMean(),
    lambda draw, shape: layers.ChannelMax(),
    lambda draw, shape: layers.PixelShuffle(2),
    lambda draw, shape: layers.PixelUnshuffle(2),
    lambda draw, shape: layers.ChannelShuffle(_divisor(draw, shape[0])),
    lambda draw, shape: layers.PadChannels(1, 0),
    lambda draw, shape: layers.Flatten(),
)
"""What makes a layer that reads a map of such a shape."""
_VECTORS: tuple[_Row, ...] = (
    *_ANY,
    lambda draw, shape: layers.Linear(shape[0], draw(st.integers(1, 9))),
    lambda draw, shape: layers.BatchNorm1d(shape[0], affine=draw(st.booleans())),
    lambda draw, shape: layers.Unflatten(),
    lambda draw, shape: layers.Flatten(),
)
