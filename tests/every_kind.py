"""One graph of every kind of layer, on maps and vectors of awkward sizes."""

from __future__ import annotations

from typing import Any

from henet_arch.ir import layers
from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.ir.layer import Layer

L: Any = layers  # whose classes are given numbers for pairs here


class Net(GraphBuilder):
    """A builder that names layers by number."""

    def put(self, layer: Layer, *inputs: Node) -> Node:
        return self.add(f"layer{len(self._nodes)}" if inputs else "image", layer, inputs)


def everything() -> Graph:
    """Each kind on maps that are no whole vectors, read by a window and by the caller."""
    net = Net("everything")
    image = net.put(L.Input((6, 9, 7)))
    x = net.put(L.Conv2d(6, 8, 3, padding=1), image)
    ends = [net.put(layer, x) for layer in MAPS]
    ends += [_read(net, end) for end in ends if end.shape[1] > 1]
    ends += [_gated(net, x, kind) for kind in ("hardsigmoid", "sigmoid")]
    ends += _joined(net, x, image)
    ends += _vectors(net, x)
    return net.finish(ends)


MAPS: list[Layer] = [
    L.Elementwise("relu"), L.BatchNorm2d(8, affine=False), L.GroupNorm(4, 8), L.GroupNorm(8, 8),
    L.LayerNorm(8), L.Scale(8), L.PReLU(8), L.PReLU(), L.ChannelMean(), L.ChannelMax(),
    L.GlobalAvgPool2d(), L.GlobalMaxPool2d(), L.AdaptiveAvgPool2d((3, 7)),
    L.AdaptiveAvgPool2d((4, 2)), L.AdaptiveMaxPool2d((2, 5)), L.PixelShuffle(2),
    L.Pad2d((1, 2, 0, 3)), L.Pad2d((1, 0, 2, 2), "reflect"), L.Pad2d((1, 1, 0, 2), "replicate"),
    L.Pad2d((0, 1, 1, 0), value=-2.5), L.Crop2d((1, 2, 3, 0)), L.Crop2d((1, 0, 0, 1), (2, 3)),
    L.SliceChannels(1, 8, 3),
    L.ConvTranspose2d(8, 4, 2, 2), L.ConvTranspose2d(8, 6, 3, 2, 1, 1, groups=2),
    L.ConvTranspose2d(8, 4, 3, padding=1), L.ConvTranspose2d(8, 4, 1, 2, 1, (1, 0)),
    L.Resize(2.0), L.Resize(size=(5, 9)), L.Resize((1.5, 2.0), mode="bilinear"),
    L.Resize(size=(4, 15), mode="bilinear", align_corners=True), L.Resize(1.7, mode="bicubic"),
    L.Resize(0.5, mode="bicubic", align_corners=True), L.ChannelShuffle(2), L.PadChannels(1, 2),
    L.MaxPool2d(3, 2, 1), L.AvgPool2d(3, 2, 1), L.Softmax(), L.LocalResponseNorm(3), L.Dropout(),
]  # fmt: skip


def _read(net: Net, x: Node) -> Node:
    """A window that needs zeros around what it reads, behind more zeros."""
    padded = net.put(L.Pad2d((0, 1, 1, 0)), x)
    return net.put(L.Conv2d(x.channels, 2, 2, padding=1), padded)


def _gated(net: Net, x: Node, kind: str) -> Node:
    """Squeeze and excite."""
    gate = net.put(L.Elementwise(kind), net.put(L.Conv2d(8, 8, 1), net.put(L.GlobalAvgPool2d(), x)))
    return net.put(L.Conv2d(8, 3, 3, padding=1), net.put(L.Multiply(), gate, x))


def _joined(net: Net, x: Node, image: Node) -> list[Node]:
    """Each join with maps of one size, and with those that repeat rows, columns or channels."""
    y = net.put(L.Conv2d(6, 8, 1), image)
    row, column = (net.put(L.AvgPool2d(k, k), x) for k in ((9, 1), (1, 7)))
    others = [y, net.put(L.GlobalMaxPool2d(), y), net.put(L.ChannelMax(), y), row]
    ends = []
    for join in (L.Add, L.Multiply, L.Subtract, L.Divide, L.Maximum, L.Minimum):
        for other in others:
            safe = net.put(L.Elementwise("affine", (1.0, 20.0)), other)
            ends += [net.put(join(), x, safe), net.put(L.Conv2d(8, 2, 1), net.put(join(), safe, x))]
        ends.append(net.put(join(), column, net.put(L.Elementwise("affine", (1.0, 20.0)), row)))
    ends.append(net.put(L.Multiply(), x, y, others[1]))
    return [*ends, *(_read(net, end) for end in ends[:24])]


def _vectors(net: Net, x: Node) -> list[Node]:
    """Vectors of a flattened map, and of single elements."""
    flat = net.put(L.Flatten(), x)
    y = net.put(L.BatchNorm1d(10), net.put(L.Linear(504, 10), flat))
    z = net.put(L.Linear(10, 10), net.put(L.PReLU(10), y))
    joined = net.put(L.Concat(), y, flat, z)
    return [
        joined, net.put(L.SliceChannels(3, 500, 7), joined), net.put(L.LayerNorm(504), flat),
        net.put(L.Multiply(), y, net.put(L.Softmax(), z)), net.put(L.PixelUnshuffle(1), x),
        net.put(L.Conv2d(10, 4, 1), net.put(L.Unflatten(), z)), net.put(L.PReLU(), flat),
        net.put(L.Unflatten(), flat), net.put(L.Scale(10, bias=False), z),
        net.put(L.PixelUnshuffle(3), net.put(L.Pad2d((0, 0, 1, 1)), x)),
    ]  # fmt: skip
