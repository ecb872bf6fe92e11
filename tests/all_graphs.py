"""Random graphs of every kind of layer that can be emitted, with weights that layers share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from graphs import TAME
from hypothesis import strategies as st

from henet_arch.ir import layers
from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.ir.layer import Layer
from henet_arch.support.errors import GraphError, ShapeError

_WORDS = ("a", "b", "block1", "block2", "unit")


Kinds = Sequence[Callable[[st.DrawFn, Node], Layer]]
"""What makes a layer that reads a node; where it does not fit, another takes its place."""


@st.composite
def all_graphs(draw: st.DrawFn, kinds: Kinds = (), otherwise: str = "hardswish") -> Graph:
    """Small graphs: any wiring, any rank, scopes that interrupt each other.

    Args:
        draw: Of Hypothesis.
        kinds: Those that there are; all without it.
        otherwise: The function that takes the place of a layer that does not fit.
    """
    builder = GraphBuilder("random")
    nodes = [builder.add("image", layers.Input((4, 5, 6)))]
    if draw(st.booleans()):
        nodes.append(builder.add("vector", layers.Input((6,))))
    for index in range(draw(st.integers(1, 12))):
        scope = [draw(st.sampled_from(_WORDS)) for _ in range(draw(st.integers(0, 2)))]
        layer, inputs, shares = draw(_applied(nodes, kinds or _KINDS, otherwise))
        try:
            name = ".".join([*scope, draw(st.sampled_from(_WORDS))])
            nodes.append(builder.add(name, layer, inputs, shares=shares))
        except GraphError:  # the name is taken, or is a scope
            nodes.append(builder.add(f"layer{index}", layer, inputs, shares=shares))
    others = [node for node in nodes[2:-1] if node.inputs and draw(st.integers(0, 9)) == 0]
    return builder.finish([nodes[-1], *others] if others else ())


@st.composite
def _applied(
    draw: st.DrawFn, nodes: list[Node], kinds: Kinds, otherwise: str
) -> tuple[Layer, list[Node], str]:
    """A layer, what it reads, and whose weights it uses."""
    node = draw(st.sampled_from(nodes))
    owners = [own for own in nodes if own.layer.weights() and own.input_shapes == (node.shape,)]
    if len(owners) > 0 and draw(st.booleans()):
        owner = draw(st.sampled_from(owners))
        return owner.layer, [node], owner.name
    layer = draw(st.sampled_from(kinds))(draw, node)
    fewest, most = layer.arity
    count = draw(st.integers(fewest, most or 3))
    inputs = [node, *draw(st.lists(st.sampled_from(nodes), min_size=count - 1, max_size=count - 1))]
    try:
        layer.infer(*(own.shape for own in inputs))
    except ShapeError:
        return layers.Elementwise(otherwise), [node], ""
    return layer, inputs, ""


def _transposed(draw: st.DrawFn, node: Node) -> Layer:
    channels = int(node.channels)
    return layers.ConvTranspose2d(
        channels,
        draw(st.sampled_from((2, 4))),
        draw(st.sampled_from(((1, 1), (2, 3), (3, 3)))),
        draw(st.sampled_from(((1, 1), (1, 2)))),
        draw(st.sampled_from(((0, 0), (0, 1)))),
        draw(st.sampled_from(((0, 0), (0, 1)))) if draw(st.booleans()) else (0, 0),
        (1, 2),
        2 if channels % 2 == 0 and draw(st.booleans()) else 1,
        draw(st.booleans()),
    )


def _function(draw: st.DrawFn, node: Node) -> Layer:
    return layers.Elementwise(draw(st.sampled_from(TAME)))


def _pad(draw: st.DrawFn, node: Node) -> Layer:
    mode = draw(st.sampled_from(("constant", "reflect", "replicate")))
    sides = draw(st.sampled_from(((1, 1, 1, 1), (0, 2, 1, 0), (0, 0, 1, 1))))
    value = draw(st.sampled_from((0.0, -1.5))) if mode == "constant" else 0.0
    return layers.Pad2d(sides, mode, value)


def _resize(draw: st.DrawFn, node: Node) -> Layer:
    mode = draw(st.sampled_from(("nearest", "bilinear", "bicubic")))
    corners = mode != "nearest" and draw(st.booleans())
    if draw(st.booleans()):
        return layers.Resize(
            size=draw(st.sampled_from(((3, 3), (7, 4)))), mode=mode, align_corners=corners
        )
    factor = draw(st.sampled_from(((2.0, 2.0), (1.5, 0.5))))
    return layers.Resize(factor, mode=mode, align_corners=corners)


def _slice(draw: st.DrawFn, node: Node) -> Layer:
    channels = int(node.channels)
    start = draw(st.integers(0, channels - 1))
    stop = draw(st.integers(start + 1, channels))
    return layers.SliceChannels(start, stop, draw(st.sampled_from((1, 1, 2))))


def _group_norm(draw: st.DrawFn, node: Node) -> Layer:
    channels = int(node.channels)
    groups = draw(st.sampled_from([n for n in (1, 2, channels) if channels % n == 0]))
    return layers.GroupNorm(
        groups, channels, draw(st.sampled_from((1e-5, 0.5))), draw(st.booleans())
    )


def _layer_norm(draw: st.DrawFn, node: Node) -> Layer:
    eps = draw(st.sampled_from((1e-5, 0.5)))
    return layers.LayerNorm(int(node.channels), eps, draw(st.booleans()), draw(st.booleans()))


def _uneven(draw: st.DrawFn, node: Node) -> Layer:
    sides = draw(st.sampled_from(((0, 1, 0, 1), (1, 0, 0, 0))))
    return layers.AvgPool2d((2, 2), (1, 1), sides, False, draw(st.booleans()))


_KINDS: Kinds = (
    lambda draw, node: layers.Conv2d(int(node.channels), 4, (3, 3), padding=(1, 1)),
    lambda draw, node: layers.Conv2d(int(node.channels), 4, (2, 2), padding=(0, 1, 1, 0)),
    lambda draw, node: layers.Linear(int(node.channels), draw(st.sampled_from((4, 6)))),
    _transposed,
    _function,
    _pad,
    _resize,
    _slice,
    _group_norm,
    _layer_norm,
    _uneven,
    lambda draw, node: layers.BatchNorm2d(int(node.channels), affine=draw(st.booleans())),
    lambda draw, node: layers.BatchNorm1d(int(node.channels), affine=draw(st.booleans())),
    lambda draw, node: layers.Scale(int(node.channels), bias=draw(st.booleans())),
    lambda draw, node: layers.Scale(int(node.channels), weight=False),
    lambda draw, node: layers.PReLU(draw(st.sampled_from((1, int(node.channels))))),
    lambda draw, node: layers.Elementwise("clip", (-0.5, 2.0)),
    lambda draw, node: layers.Elementwise(
        "affine", (draw(st.sampled_from((1.0, -0.5))), draw(st.sampled_from((0.0, 2.0, -3.0))))
    ),
    lambda draw, node: layers.Crop2d(
        draw(st.sampled_from(((1, 0, 0, 1), (0, 0, 2, 0)))),
        draw(st.sampled_from(((1, 1), (2, 2), (1, 3)))),
    ),
    lambda draw, node: layers.PixelShuffle(2),
    lambda draw, node: layers.PixelUnshuffle(2),
    lambda draw, node: layers.AdaptiveAvgPool2d(draw(st.sampled_from(((2, 3), (4, 4))))),
    lambda draw, node: layers.AdaptiveMaxPool2d(draw(st.sampled_from(((2, 3), (4, 4))))),
    lambda draw, node: layers.GlobalMaxPool2d(),
    lambda draw, node: layers.GlobalAvgPool2d(),
    lambda draw, node: layers.ChannelMean(),
    lambda draw, node: layers.ChannelMax(),
    lambda draw, node: layers.Flatten(),
    lambda draw, node: layers.Unflatten(),
    lambda draw, node: layers.Add(),
    lambda draw, node: layers.Multiply(),
    lambda draw, node: layers.Subtract(),
    lambda draw, node: layers.Maximum(),
    lambda draw, node: layers.Minimum(),
    lambda draw, node: layers.Concat(),
)
