"""Random graphs for Hypothesis, with scopes as no family would make them."""

from __future__ import annotations

from hypothesis import strategies as st

from henet_arch import layers
from henet_arch.errors import GraphError
from henet_arch.graph import Graph, GraphBuilder, Node
from henet_arch.layer import Layer

_WORDS = ("a", "b", "block1", "block2", "block3", "unit", "x", "relu1")
_SIZES = (4, 6)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Small graphs of every kind: any wiring, dead ends, scopes that interrupt each other."""
    builder = GraphBuilder("random", "none")
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
def _layer(draw: st.DrawFn, nodes: list[Node]) -> tuple[Layer, list[Node]]:
    node = draw(st.sampled_from(nodes))
    channels = int(node.channels)
    alike = [other for other in nodes if other.shape == node.shape]
    several = draw(st.lists(st.sampled_from(alike), min_size=2, max_size=3))
    out = draw(st.sampled_from(_SIZES))
    kernel = draw(st.sampled_from(((1, 1), (3, 3), (3, 1))))
    padding = (kernel[0] // 2, kernel[1] // 2)
    groups = draw(st.sampled_from([g for g in (1, 2) if channels % g == 0]))
    bias = draw(st.booleans())
    conv = layers.Conv2d(
        channels, out, kernel, padding=padding, groups=groups if out % groups == 0 else 1, bias=bias
    )
    choices: list[tuple[Layer, list[Node]]] = [
        (conv, [node]),
        (layers.BatchNorm2d(channels), [node]),
        (layers.ReLU(), [node]),
        (layers.ReLU6(), [node]),
        (layers.Tanh(), [node]),
        (layers.Softmax(), [node]),
        (layers.Dropout(draw(st.sampled_from((0.0, 0.5)))), [node]),
        (layers.LocalResponseNorm(draw(st.sampled_from((3, 5)))), [node]),
        (layers.PadChannels(1, 1 if channels % 2 == 0 else 0), [node]),
        (layers.MaxPool2d((3, 3), (1, 1), (1, 1)), [node]),
        (layers.ChannelShuffle(groups), [node]),
        (layers.AvgPool2d((3, 3), (1, 1), (1, 1)), [node]),
        (layers.Add(), several),
        (layers.Concat(), several[: draw(st.integers(1, 3))]),
    ]
    return draw(st.sampled_from(choices))
