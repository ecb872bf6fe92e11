"""Random networks of all kinds of layers that a native training step knows."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from henet_arch.ir import layers
from henet_arch.ir.graph import Graph, GraphBuilder, Node

L: Any = layers
FUNCTIONS = (
    L.Elementwise("relu"), L.Elementwise("relu"), L.Elementwise("relu6"),
    L.Elementwise("leaky_relu", (0.2,)), L.Elementwise("hardswish"), L.Elementwise("hardsigmoid"),
    L.Elementwise("square"), L.Elementwise("abs"), L.Elementwise("affine", (0.5, 0.25)),
    L.Elementwise("clip", (-0.5, 0.75)),
)  # fmt: skip


class _Net:
    """A network that grows by what is drawn."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.builder = GraphBuilder("random")
        sizes = st.integers(3, 11) | st.sampled_from((24, 36, 70))
        width = draw(st.integers(3, 11))
        shape = (draw(st.integers(1, 4)), draw(sizes), width)
        self.maps = [self.builder.add("image", L.Input(shape))]
        self.put(L.Conv2d(shape[0], draw(st.sampled_from((4, 6, 12))), 3, padding=1))

    def pick(self) -> Node:
        node: Node = self.draw(st.sampled_from(self.maps[1:]))
        return node

    def put(self, layer: Any, *inputs: Node) -> Node:
        name = f"layer{len(self.builder)}"
        node = self.builder.add(name, layer, inputs or (self.maps[-1],))
        self.maps.append(node)
        return node

    def grow(self) -> None:
        kinds = (
            self.convolution, self.convolution, self.norm, self.norm, self.function, self.function,
            self.residual, self.add, self.concat, self.move, self.pool, self.pad, self.crop,
            self.dropout,
        )  # fmt: skip
        self.draw(st.sampled_from(kinds))(self.pick())

    def convolution(self, x: Node) -> None:
        draw, (channels, height, width) = self.draw, x.shape
        groups = draw(st.sampled_from([g for g in (1, 1, 2, 3, channels) if channels % g == 0]))
        outputs = groups * draw(st.integers(1, max(1, 12 // groups)))
        kernel = draw(st.sampled_from([(1, 1), (3, 3), (3, 3), (2, 2), (1, 3), (5, 2)]))
        dilation = draw(st.sampled_from([(1, 1), (1, 1), (2, 1)]))
        reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
        sides = draw(st.sampled_from([(0, 0), (1, 1), (2, 1), (0, 1, 2, 0)]))
        pads = (2 * sides[0], 2 * sides[1]) if len(sides) == 2 else (1, 2)
        if reach[0] > height + pads[0] or reach[1] > width + pads[1]:
            kernel, dilation = (1, 1), (1, 1)
        stride = draw(st.sampled_from([(1, 1), (1, 1), (2, 2), (1, 2), (3, 3)]))
        bias = draw(st.booleans())
        node = self.put(
            L.Conv2d(channels, outputs, kernel, stride, sides, dilation, groups, bias), x
        )
        if draw(st.booleans()):
            self.norm(node)

    def norm(self, x: Node) -> None:
        draw = self.draw
        eps, momentum = draw(st.sampled_from([(1e-5, 0.1), (1e-2, None), (1e-3, 1.0)]))
        self.put(L.BatchNorm2d(x.channels, eps, momentum, draw(st.booleans())), x)
        if draw(st.booleans()):
            self.function(self.maps[-1])

    def function(self, x: Node) -> None:
        self.put(self.draw(st.sampled_from(FUNCTIONS)), x)

    def residual(self, x: Node) -> None:
        """A block whose sum is read again, as in ResNet and HENet."""
        y = self.put(L.Conv2d(x.channels, x.channels, 3, padding=1), x)
        y = self.put(L.BatchNorm2d(x.channels), y)
        if self.draw(st.booleans()):
            y = self.put(L.Elementwise("relu"), y)
        total = self.put(L.Add(), y, x)
        if self.draw(st.booleans()):
            total = self.put(L.Elementwise("relu"), total)
        if self.draw(st.booleans()):
            total = self.put(L.Concat(), total, y)
        self.put(L.Conv2d(total.channels, 4, 3, padding=1, groups=1), total)
        self.maps.append(total)

    def add(self, x: Node) -> None:
        others = [y for y in self.maps[1:] if y.shape == x.shape]
        inputs = self.draw(st.lists(st.sampled_from(others), min_size=1, max_size=2))
        self.put(L.Add(), x, *inputs)

    def concat(self, x: Node) -> None:
        others = [y for y in self.maps if y.shape[1:] == x.shape[1:]]
        inputs = self.draw(st.lists(st.sampled_from(others), min_size=1, max_size=2))
        if sum(y.channels for y in (x, *inputs)) <= 32:
            self.put(L.Concat(), x, *inputs)

    def move(self, x: Node) -> None:
        channels = x.channels
        groups = self.draw(st.sampled_from([g for g in (1, 2, 3, 4) if channels % g == 0]))
        start = self.draw(st.integers(0, channels - 1))
        step = self.draw(st.sampled_from((1, 1, 2)))
        moves = [L.ChannelShuffle(groups), L.SliceChannels(start, channels, step)]
        if channels <= 16:
            moves.append(L.PadChannels(1, 2))
        self.put(self.draw(st.sampled_from(moves)), x)

    def pool(self, x: Node) -> None:
        draw, kernel = self.draw, self.draw(st.sampled_from([(2, 2), (3, 3), (1, 1), (3, 2)]))
        if kernel[0] > x.shape[1] or kernel[1] > x.shape[2]:
            return
        stride = draw(st.sampled_from([(1, 1), (2, 2), (2, 1)]))
        padding = draw(st.sampled_from([(0, 0), (1, 1), (0, 1, 1, 0)]))
        if any(2 * pad > min(kernel) for pad in padding):
            padding = (0, 0)
        ceil = draw(st.booleans()) and len(padding) == 2
        pools = [
            L.MaxPool2d(kernel, stride, padding, ceil),
            L.AvgPool2d(kernel, stride, padding, ceil, draw(st.booleans())),
            L.AvgPool2d(kernel, stride, padding, ceil, True, 3),
            L.GlobalAvgPool2d(), L.GlobalMaxPool2d(),
        ]  # fmt: skip
        self.put(draw(st.sampled_from(pools)), x)

    def pad(self, x: Node) -> None:
        self.put(L.Pad2d(self.draw(st.sampled_from([(1, 0, 2, 1), (1, 1, 1, 1)]))), x)

    def crop(self, x: Node) -> None:
        edges = [(0, 0, 0, 0), (1, 0, 0, 1), (0, 2, 1, 0)] if min(x.shape[1:]) > 2 else [(0,) * 4]
        step = st.sampled_from([(1, 1), (2, 2), (1, 3)])
        self.put(L.Crop2d(self.draw(st.sampled_from(edges)), self.draw(step)), x)

    def dropout(self, x: Node) -> None:
        self.put(L.Dropout(self.draw(st.sampled_from((0.0, 0.3, 0.5)))), x)

    def head(self, x: Node) -> Node:
        """A vector of each image."""
        if self.draw(st.booleans()):
            x = self.put(L.GlobalAvgPool2d(), x)
        x = self.put(L.Flatten(), x)
        x = self.put(L.Linear(x.channels, self.draw(st.integers(1, 9))), x)
        if self.draw(st.booleans()):
            x = self.put(L.BatchNorm1d(x.channels), x)
            x = self.put(L.Linear(x.channels, 3, self.draw(st.booleans())), x)
        return x


@st.composite
def graphs(draw: st.DrawFn, most: int = 12) -> Graph:
    """Networks of maps that end in a vector, or in two."""
    net = _Net(draw)
    for _ in range(draw(st.integers(1, most))):
        net.grow()
    ends = [net.head(net.maps[-1])]
    if draw(st.booleans()):
        other = net.pick()
        ends.append(net.head(other if len(other.shape) == 3 else net.maps[1]))
    return net.builder.finish(ends)
