"""Networks of each kind of layer that Caffe can hold, and the dialects that hold them."""

from __future__ import annotations

from typing import Any

from henet_arch.ir import layers
from henet_arch.ir.graph import Graph, GraphBuilder
from henet_arch.ir.layer import Layer

L: Any = layers  # whose classes are given numbers for pairs here


def chain(*parts: Layer, shape: tuple[int, ...] = (4, 9, 9)) -> Graph:
    """Layers one after the other."""
    builder = GraphBuilder("chain")
    node = builder.add("image", layers.Input(shape))
    for index, layer in enumerate(parts, 1):
        node = builder.add(f"layer{index}", layer, node)
    return builder.finish()


BOTH = ("opencv", "bvlc")
HELD: list[tuple[tuple[Layer, ...], tuple[str, ...]]] = [
    ((L.Conv2d(4, 6, (1, 3), (2, 1), (0, 1), (1, 2), 2, False),), BOTH),
    ((L.Conv2d(4, 4, 3, 2, 1, 2, 4),), BOTH),
    ((L.ConvTranspose2d(4, 6, (4, 2), 2, (1, 0), 0, 1, 2),), BOTH),
    ((L.MaxPool2d(3, 2),), BOTH),
    ((L.MaxPool2d(2, 2),), BOTH),
    ((L.MaxPool2d((3, 2), (2, 3), (1, 0), True),), BOTH),
    ((L.AvgPool2d(2, 2, 0, True),), BOTH),
    ((L.AvgPool2d(3, 2, 1),), BOTH),
    ((L.AvgPool2d(3, 3, divisor_override=9),), BOTH),
    ((L.AvgPool2d(2, 2, count_include_pad=False),), BOTH),
    ((L.AdaptiveAvgPool2d(3),), BOTH),
    ((L.AdaptiveMaxPool2d((9, 1)),), BOTH),
    ((L.AdaptiveMaxPool2d(1),), BOTH),
    ((L.GlobalAvgPool2d(), L.Flatten(), L.Linear(4, 3, False)), BOTH),
    ((L.GlobalMaxPool2d(), L.Flatten(), L.Unflatten()), BOTH),
    ((L.BatchNorm2d(4, 1e-3, 0.01),), BOTH),
    ((L.BatchNorm2d(4, 1e-5, None, False),), BOTH),
    ((L.Flatten(), L.BatchNorm1d(324)), BOTH),
    ((L.Scale(4),), BOTH),
    ((L.Scale(4, bias=False),), BOTH),
    ((L.Scale(4, weight=False),), ("bvlc",)),
    ((L.PReLU(4),), BOTH),
    ((L.PReLU(1),), BOTH),
    ((L.LocalResponseNorm(5, 0.1, 0.5),), BOTH),
    ((L.LocalResponseNorm(5, 0.1, 0.5, 2.0),), ("bvlc",)),
    ((L.Dropout(0.25),), BOTH),
    ((L.Softmax(),), BOTH),
    ((L.ChannelShuffle(2),), ("opencv",)),
    ((L.SliceChannels(1, 3),), BOTH),
    ((L.SliceChannels(0, 4),), BOTH),
    ((L.Conv2d(4, 4, 3), L.Conv2d(4, 4, 1, padding=1), L.Crop2d((1, 1, 2, 0))), BOTH),
    ((L.Resize(None, (5, 7), "bilinear", True),), ("opencv",)),
    *(((L.Elementwise(name),), BOTH) for name in (
        "abs", "elu", "exp", "leaky_relu", "relu", "relu6", "sigmoid", "silu", "softplus", "square",
        "tanh",
    )),
    ((L.Elementwise("elu", (0.5,)),), BOTH),
    ((L.Elementwise("leaky_relu", (0.25,)),), BOTH),
    ((L.Elementwise("affine", (0.5, -2.0)),), BOTH),
    ((L.Elementwise("abs"), L.Elementwise("sqrt")), BOTH),
    ((L.Elementwise("exp"), L.Elementwise("log")), BOTH),
    ((L.Elementwise("exp"), L.Elementwise("reciprocal")), BOTH),
    ((L.Elementwise("exp"), L.Elementwise("power", (1.5,))), BOTH),
    ((L.Elementwise("clip", (-0.5, 2.0)),), ("bvlc",)),
    ((L.Elementwise("mish"),), ("opencv",)),
]  # fmt: skip
"""Layers that the dialects hold, one after the other."""


JOINS: dict[str, tuple[Layer, bool, str, tuple[str, ...]]] = {
    "add": (L.Add(), False, "Eltwise", BOTH),
    "add gate": (L.Add(), True, "Bias", ("bvlc",)),
    "multiply": (L.Multiply(), False, "Eltwise", BOTH),
    "multiply gate": (L.Multiply(), True, "Scale", BOTH),
    "subtract": (L.Subtract(), False, "Eltwise", BOTH),
    "maximum": (L.Maximum(), False, "Eltwise", BOTH),
    "concat": (L.Concat(), False, "Concat", BOTH),
}
"""A join, whether one of its maps has one place, the layer that it becomes, and who has it."""


def joined(name: str) -> Graph:
    """A graph that ends in a join."""
    layer, gate, *_ = JOINS[name]
    builder = GraphBuilder("joined")
    x = builder.add("image", layers.Input((4, 5, 6)))
    y = builder.add("tanh", layers.Elementwise("tanh"), x)
    y = builder.add("pool", layers.GlobalAvgPool2d(), y) if gate else y
    builder.add("join", layer, [x, y])
    return builder.finish()


GRAPHS: list[tuple[Graph, tuple[str, ...]]] = [
    *((chain(*parts), held) for parts, held in HELD),
    *((joined(name), JOINS[name][3]) for name in JOINS),
]
