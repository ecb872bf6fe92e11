"""Random graphs for Hypothesis, with scopes as no family would make them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hypothesis import strategies as st
from strategies import networks, specs

from henet_arch import build
from henet_arch.ir import layers
from henet_arch.ir.dims import Padding, Pair, Sides
from henet_arch.ir.functions import FUNCTIONS
from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.ir.layer import Layer
from henet_arch.support.errors import GraphError

_WORDS = ("a", "b", "block1", "block2", "block3", "unit", "x", "relu1")
_SIZES = (4, 6)
_ADD = layers.Add()


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Small graphs of every kind: any wiring, dead ends, scopes that interrupt each other."""
    builder = GraphBuilder("random")
    nodes = [builder.add("image", layers.Input((4, 5, 5)))]
    for index in range(draw(st.integers(1, 14))):
        depth = draw(st.integers(0, 2))
        scope = [draw(st.sampled_from(_WORDS)) for _ in range(depth)]
        name = ".".join([*scope, draw(st.sampled_from(_WORDS))])
        layer, inputs = draw(_layer(nodes))
        try:
            nodes.append(builder.add(name, layer, inputs))
        except GraphError:  # the name is taken, or is a scope
            nodes.append(builder.add(f"layer{index}", layer, inputs))
    others = [node for node in nodes[1:-1] if draw(st.integers(0, 9)) == 0]
    return builder.finish([nodes[-1], *others] if others else ())


@st.composite
def other_outputs(draw: st.DrawFn) -> Graph:
    """Networks of every family that give any of their layers: what comes after those is dead."""
    graph = build(draw(specs() | networks()))
    names = st.sampled_from([node.name for node in graph if node.inputs])
    return replace(graph, outputs=tuple(draw(st.lists(names, min_size=1, max_size=3, unique=True))))


@st.composite
def _layer(draw: st.DrawFn, nodes: list[Node]) -> tuple[Layer, list[Node]]:
    node = draw(st.sampled_from(nodes))
    layer = draw(st.sampled_from(_KINDS))(draw, int(node.channels))
    if not isinstance(layer, layers.Add | layers.Concat):
        return layer, [node]
    alike = st.sampled_from([other for other in nodes if other.shape == node.shape])
    fewest = 2 if isinstance(layer, layers.Add) else 1
    return layer, draw(st.lists(alike, min_size=fewest, max_size=3))


def repeated_operands() -> Graph:
    """Two equal blocks that add a map to itself, and a concatenation of a, a and b."""
    builder = GraphBuilder("repeated")
    conv = layers.Conv2d(4, 4, (1, 1))
    last = builder.add("stem.conv", conv, [builder.add("image", layers.Input((4, 8, 8)))])
    for block in ("stage1.block1", "stage1.block2"):
        last = builder.add(f"{block}.conv", conv, [builder.add(f"{block}.add", _ADD, [last] * 2)])
    other = builder.add("head.conv", conv, [last])
    return builder.finish([builder.add("head.concat", layers.Concat(), [last, last, other])])


def _conv(draw: st.DrawFn, channels: int) -> Layer:
    out = draw(st.sampled_from(_SIZES))
    kernel = draw(st.sampled_from(((1, 1), (3, 3), (3, 1))))
    paddings: list[Padding] = [_halves(kernel), _sides(kernel)]
    padding = draw(st.sampled_from(paddings))
    groups = _groups(draw, channels)
    return layers.Conv2d(
        channels,
        out,
        kernel,
        padding=padding,
        groups=groups if out % groups == 0 else 1,
        bias=draw(st.booleans()),
    )


def _halves(kernel: Pair) -> Pair:
    return (kernel[0] // 2, kernel[1] // 2)


def _sides(kernel: Pair) -> Sides:
    """All of it above and on the right."""
    return (kernel[0] - 1, 0, 0, kernel[1] - 1)


def _function(draw: st.DrawFn, channels: int) -> Layer:
    name = draw(st.sampled_from(TAME))
    usual = list(FUNCTIONS[name].parameters.values())
    settings = [draw(st.sampled_from((value, 0.25, 2.0))) for value in usual]
    return layers.Elementwise(name, tuple(sorted(settings) if name == "clip" else settings))


TAME = sorted(FUNCTIONS.keys() - {"exp", "log", "sqrt", "reciprocal", "power", "square"})
"""The functions that are defined everywhere, and do not grow beyond all bounds one on another."""


def _groups(draw: st.DrawFn, channels: int) -> int:
    return draw(st.sampled_from([groups for groups in (1, 2) if channels % groups == 0]))


_KINDS: tuple[Callable[[st.DrawFn, int], Layer], ...] = (
    _conv,
    lambda draw, channels: layers.BatchNorm2d(
        channels, draw(st.sampled_from((1e-5, 0.5))), draw(st.sampled_from((0.1, None)))
    ),
    lambda draw, channels: layers.Elementwise("relu"),
    _function,
    lambda draw, channels: layers.Softmax(),
    lambda draw, channels: layers.Dropout(draw(st.sampled_from((0.0, 0.5)))),
    lambda draw, channels: layers.LocalResponseNorm(draw(st.sampled_from((3, 5)))),
    lambda draw, channels: layers.PadChannels(1, 1 if channels % 2 == 0 else 0),
    lambda draw, channels: layers.MaxPool2d((3, 3), (1, 1), (1, 1)),
    lambda draw, channels: layers.MaxPool2d((2, 2), (1, 1), (1, 0, 0, 1)),
    lambda draw, channels: layers.ChannelShuffle(_groups(draw, channels)),
    lambda draw, channels: layers.AvgPool2d((3, 3), (1, 1), (1, 1)),
    lambda draw, channels: layers.AvgPool2d((2, 2), (1, 1), (0, 1, 1, 0)),
    lambda draw, channels: layers.AvgPool2d(
        (3, 3), (1, 1), (1, 1), False, draw(st.booleans()), draw(st.sampled_from((None, 5)))
    ),
    lambda draw, channels: layers.Add(),
    lambda draw, channels: layers.Concat(),
)
"""What makes a layer that reads so many channels."""
