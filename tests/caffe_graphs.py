"""Random graphs of the kinds of layers that Caffe can hold, with all their settings."""

from __future__ import annotations

from typing import Any

from all_graphs import Kinds, all_graphs
from hypothesis import strategies as st

from henet_arch.ir import layers
from henet_arch.ir.graph import Graph, Node
from henet_arch.ir.layer import Layer

FUNCTIONS = (
    "abs", "elu", "leaky_relu", "mish", "relu", "relu6", "sigmoid", "silu", "softplus", "tanh",
)  # fmt: skip
"""Those that are defined everywhere, and do not grow beyond all bounds one on another."""


def caffe_graphs() -> st.SearchStrategy[Graph]:
    """Graphs as `all_graphs` makes them."""
    return all_graphs(_KINDS, otherwise="tanh")


def _convolution(draw: st.DrawFn, node: Node) -> Layer:
    channels = int(node.channels)
    groups = draw(st.sampled_from([n for n in (1, 2, channels) if channels % n == 0]))
    return layers.Conv2d(
        channels,
        groups * draw(st.integers(1, 3)),
        draw(_PAIRS),
        draw(st.sampled_from(((1, 1), (2, 2), (1, 2)))),
        draw(st.sampled_from(((0, 0), (1, 1), (0, 1), (2, 1)))),
        draw(st.sampled_from(((1, 1), (2, 2), (1, 2)))),
        groups,
        draw(st.booleans()),
    )


def _transposed(draw: st.DrawFn, node: Node) -> Layer:
    channels = int(node.channels)
    groups = draw(st.sampled_from([n for n in (1, 2) if channels % n == 0]))
    stride = draw(st.sampled_from(((1, 1), (2, 2), (1, 2))))
    kernel, bias = draw(_PAIRS), draw(st.booleans())
    return layers.ConvTranspose2d(channels, 2 * groups, kernel, stride, groups=groups, bias=bias)


def _pool(draw: st.DrawFn, node: Node) -> Layer:
    values: dict[str, Any] = {
        "kernel": draw(_PAIRS),
        "stride": draw(st.sampled_from(((1, 1), (2, 2), (3, 3), (1, 2)))),
        "padding": draw(st.sampled_from(((0, 0), (0, 0), (1, 1), (0, 1)))),
        "ceil_mode": draw(st.booleans()),
    }
    if draw(st.booleans()):
        return layers.MaxPool2d(**_fitted(values))
    counted = draw(st.booleans())
    divisor = draw(st.sampled_from((None, None, 4)))
    return layers.AvgPool2d(**_fitted(values), count_include_pad=counted, divisor_override=divisor)


def _fitted(values: dict[str, Any]) -> dict[str, Any]:
    """With no more padding than half of the window."""
    pairs = zip(values["padding"], values["kernel"], strict=True)
    return {**values, "padding": tuple(min(pad, kernel // 2) for pad, kernel in pairs)}


def _function(draw: st.DrawFn, node: Node) -> Layer:
    name = draw(st.sampled_from(FUNCTIONS))
    setting = draw(st.sampled_from((0.25, 1.0)))
    return layers.Elementwise(name, (setting,) if name in ("elu", "leaky_relu") else ())


def _norm(draw: st.DrawFn, node: Node) -> Layer:
    kind = layers.BatchNorm1d if len(node.shape) == 1 else layers.BatchNorm2d
    eps, momentum = draw(st.sampled_from((1e-5, 0.5))), draw(st.sampled_from((0.1, 0.25, None)))
    return kind(int(node.channels), eps, momentum, draw(st.booleans()))


def _slice(draw: st.DrawFn, node: Node) -> Layer:
    channels = int(node.channels)
    start = draw(st.integers(0, channels - 1))
    return layers.SliceChannels(start, draw(st.integers(start + 1, channels)))


def _shuffle(draw: st.DrawFn, node: Node) -> Layer:
    channels = int(node.channels)
    groups = [n for n in range(1, channels + 1) if channels % n == 0]
    return layers.ChannelShuffle(draw(st.sampled_from(groups)))


_PAIRS = st.sampled_from(((1, 1), (3, 3), (2, 2), (1, 3), (3, 2)))
_KINDS: Kinds = (
    _convolution,
    _convolution,
    _transposed,
    _pool,
    _pool,
    _pool,
    _function,
    _function,
    _norm,
    _norm,
    _slice,
    _slice,
    _shuffle,
    lambda draw, node: layers.Linear(int(node.channels), draw(st.sampled_from((4, 6)))),
    lambda draw, node: layers.Scale(int(node.channels), bias=draw(st.booleans())),
    lambda draw, node: layers.Scale(int(node.channels), weight=False),
    lambda draw, node: layers.PReLU(draw(st.sampled_from((1, int(node.channels))))),
    lambda draw, node: layers.Elementwise("clip", (-0.5, draw(st.sampled_from((2.0, 6.0))))),
    lambda draw, node: layers.Elementwise(
        "affine", (draw(st.sampled_from((1.0, -0.5))), draw(st.sampled_from((0.0, 2.0, -3.0))))
    ),
    lambda draw, node: layers.Crop2d(draw(st.sampled_from(((1, 0, 0, 1), (0, 0, 2, 0))))),
    lambda draw, node: layers.AdaptiveAvgPool2d(draw(st.sampled_from(((1, 1), (2, 3), (5, 6))))),
    lambda draw, node: layers.AdaptiveMaxPool2d(draw(st.sampled_from(((1, 1), (5, 2))))),
    lambda draw, node: layers.GlobalMaxPool2d(),
    lambda draw, node: layers.GlobalAvgPool2d(),
    lambda draw, node: layers.LocalResponseNorm(3, 0.5, 0.75, draw(st.sampled_from((1.0, 2.0)))),
    lambda draw, node: layers.Resize(size=(7, 4), mode="bilinear", align_corners=True),
    lambda draw, node: layers.Dropout(0.25),
    lambda draw, node: layers.Softmax(),
    lambda draw, node: layers.Flatten(),
    lambda draw, node: layers.Unflatten(),
    lambda draw, node: layers.Add(),
    lambda draw, node: layers.Multiply(),
    lambda draw, node: layers.Multiply(),
    lambda draw, node: layers.Subtract(),
    lambda draw, node: layers.Maximum(),
    lambda draw, node: layers.Concat(),
)
