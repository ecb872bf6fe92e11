"""Random graphs whose maps are resized, padded, cut, spread and normalised."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import strategies as st

from henet_arch.ir import layers
from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.ir.layer import Layer
from henet_arch.support.errors import HenetArchError

_UP = (0.5, 1.0, 1.5, 2.0, 3.0)
_SMALL = st.integers(0, 2)


@st.composite
def resized_graphs(draw: st.DrawFn) -> Graph:
    """Small graphs of all kinds that change sizes, and of joins that broadcast."""
    builder = GraphBuilder("resized")
    size = draw(st.tuples(st.integers(3, 9), st.integers(3, 9)))
    nodes = [builder.add("image", layers.Input((4, *size)))]
    for index in range(draw(st.integers(1, 7))):
        node = draw(st.sampled_from([n for n in nodes if len(n.shape) == 3]))
        if max(node.shape) > 40:
            continue
        with suppress(HenetArchError):
            inputs, layer = draw(_choice(nodes, node))
            nodes.append(builder.add(f"layer{index}", layer, inputs))
    return builder.finish()


@st.composite
def _choice(draw: st.DrawFn, nodes: list[Node], node: Node) -> tuple[list[Node], Layer]:
    if draw(st.integers(0, 3)):
        return [node], draw(_layer(int(node.channels)))
    fitting = [other for other in nodes if _broadcasts(other.shape, node.shape)]
    join = st.sampled_from((layers.Add(), layers.Multiply(), layers.Divide(), layers.Maximum()))
    return [node, draw(st.sampled_from(fitting))], draw(join)


def _broadcasts(shape: tuple[object, ...], other: tuple[object, ...]) -> bool:
    pairs = zip(shape, other, strict=False)
    return len(shape) == len(other) and all(a == b or 1 in (a, b) for a, b in pairs)


@st.composite
def _layer(draw: st.DrawFn, channels: int) -> Layer:
    halves = 2 if channels % 2 == 0 else 1
    fours = 2 if channels % 4 == 0 else 1
    pair = st.tuples(st.integers(1, 3), st.integers(1, 3))
    sides = draw(st.tuples(_SMALL, _SMALL, _SMALL, _SMALL))
    mode = draw(st.sampled_from(("nearest", "bilinear", "bicubic")))
    corners = mode != "nearest" and draw(st.booleans())
    size = draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    factor = draw(st.tuples(st.sampled_from(_UP), st.sampled_from(_UP)))
    kernel, stride, dilation = draw(pair), draw(pair), draw(pair)
    padding = draw(st.tuples(st.integers(0, 1), st.integers(0, 1)))
    more = tuple(draw(st.integers(0, max(a, b) - 1)) for a, b in zip(stride, dilation, strict=True))
    start = draw(st.integers(0, channels - 1))
    options: list[Layer] = [
        layers.Conv2d(channels, channels, (3, 3), padding=(1, 1), groups=halves, bias=False),
        layers.Conv2d(channels, 4, kernel, stride, padding, bias=False),
        layers.ConvTranspose2d(channels, 4, kernel, stride, padding, more, dilation, bias=False),  # type: ignore[arg-type]
        layers.Resize(size=size, mode=mode, align_corners=corners),
        layers.Resize(factor, mode=mode),
        layers.Pad2d(sides, draw(st.sampled_from(("constant", "reflect", "replicate")))),
        layers.Crop2d(sides, stride),
        layers.AdaptiveAvgPool2d(size),
        layers.AdaptiveMaxPool2d(size),
        layers.GlobalAvgPool2d(),
        layers.GlobalMaxPool2d(),
        layers.PixelShuffle(fours),
        layers.PixelUnshuffle(2),
        layers.LayerNorm(channels, affine=False),
        layers.GroupNorm(halves, channels, affine=False),
        layers.ChannelMean(),
        layers.ChannelMax(),
        layers.SliceChannels(start, channels, draw(st.integers(1, 2))),
        layers.ChannelShuffle(halves),
        layers.Scale(channels),
        layers.PReLU(channels),
    ]
    return draw(st.sampled_from(options))
