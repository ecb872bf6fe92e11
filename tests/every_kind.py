"""Layers of every kind that C computes, each on one map."""

from __future__ import annotations

from typing import Any

from henet_arch.ir import layers
from henet_arch.ir.graph import GraphBuilder, Node
from henet_arch.ir.layer import Layer

L: Any = layers  # whose classes are given numbers for pairs here
MAPS: list[Layer] = [
    L.Elementwise("relu"), L.BatchNorm2d(8, affine=False), L.GroupNorm(4, 8), L.GroupNorm(8, 8),
    L.LayerNorm(8), L.Scale(8), L.PReLU(8), L.PReLU(), L.ChannelMean(), L.ChannelMax(),
    L.GlobalAvgPool2d(), L.GlobalMaxPool2d(), L.AdaptiveAvgPool2d((3, 7)),
    L.AdaptiveAvgPool2d((4, 2)), L.AdaptiveMaxPool2d((2, 5)), L.PixelShuffle(2),
    L.Pad2d((1, 2, 0, 3)), L.Pad2d((1, 0, 2, 2), "reflect"), L.Pad2d((1, 1, 0, 2), "replicate"),
    L.Pad2d((0, 1, 1, 0), value=-2.5), L.Crop2d((1, 2, 3, 0)), L.SliceChannels(1, 8, 3),
    L.ConvTranspose2d(8, 4, 2, 2), L.ConvTranspose2d(8, 6, 3, 2, 1, 1, groups=2),
    L.ConvTranspose2d(8, 4, 3, padding=1), L.ConvTranspose2d(8, 4, 1, 2, 1, (1, 0)),
    L.Resize(2.0), L.Resize(size=(5, 9)), L.Resize((1.5, 2.0), mode="bilinear"),
    L.Resize(size=(4, 15), mode="bilinear", align_corners=True), L.Resize(1.7, mode="bicubic"),
    L.Resize(0.5, mode="bicubic", align_corners=True), L.ChannelShuffle(2), L.PadChannels(1, 2),
    L.MaxPool2d(3, 2, 1), L.AvgPool2d(3, 2, 1), L.Softmax(), L.LocalResponseNorm(3), L.Dropout(),
]  # fmt: skip
"""On maps of 8 channels of 9x7."""


class Net(GraphBuilder):
    """A builder that names layers by number."""

    def put(self, layer: Layer, *inputs: Node) -> Node:
        return self.add(f"layer{len(self._nodes)}" if inputs else "image", layer, inputs)
