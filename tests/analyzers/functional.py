"""Layers as PyTorch's own functions compute them, one by one, whatever emitters support."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional as nn

from henet_arch.ir.graph import Graph, Node

Tensor = Any


def _weight(shape: tuple[Any, ...]) -> Tensor:
    return torch.empty(*map(int, shape), dtype=torch.float64).uniform_(0.5, 1.5)


def _conv(node: Node, x: Tensor) -> Tensor:
    layer: Any = node.layer
    weight = _weight(layer.weights()["weight"])
    padding, dilation, groups = layer.padding, layer.dilation, layer.groups
    if node.layer.kind == "conv2d":
        return nn.conv2d(x, weight, None, layer.stride, padding, dilation, groups)
    more = layer.output_padding
    return nn.conv_transpose2d(x, weight, None, layer.stride, padding, more, groups, dilation)


def _resized(layer: Any, x: Tensor) -> Tensor:
    corners = None if layer.mode == "nearest" else layer.align_corners
    if layer.size:
        return nn.interpolate(x, layer.size, mode=layer.mode, align_corners=corners)
    return nn.interpolate(
        x,
        scale_factor=layer.factor,
        mode=layer.mode,
        align_corners=corners,
        recompute_scale_factor=False,
    )


def _padded(layer: Any, x: Tensor) -> Tensor:
    above, below, left, right = layer.padding
    return nn.pad(x, (left, right, above, below), layer.mode)


def _cropped(layer: Any, x: Tensor) -> Tensor:
    above, below, left, right = layer.edges
    down, across = layer.stride
    return x[:, :, above : x.shape[2] - below : down, left : x.shape[3] - right : across]


def _layer_norm(layer: Any, x: Tensor) -> Tensor:
    return nn.layer_norm(x.movedim(1, -1), (layer.channels,)).movedim(-1, 1)


_FUNCTIONS: dict[str, Callable[[Any, Any], Tensor]] = {
    "resize": _resized,
    "pad2d": _padded,
    "crop2d": _cropped,
    "adaptive_avg_pool2d": lambda layer, x: nn.adaptive_avg_pool2d(x, layer.size),
    "adaptive_max_pool2d": lambda layer, x: nn.adaptive_avg_pool2d(x, layer.size),
    "global_avg_pool2d": lambda layer, x: x.mean((2, 3), keepdim=True),
    "global_max_pool2d": lambda layer, x: x.mean((2, 3), keepdim=True),
    "avg_pool2d": lambda layer, x: nn.avg_pool2d(x, layer.kernel, layer.stride, layer.padding),
    "pixel_shuffle": lambda layer, x: nn.pixel_shuffle(x, layer.factor),
    "pixel_unshuffle": lambda layer, x: nn.pixel_unshuffle(x, layer.factor),
    "layer_norm": _layer_norm,
    "group_norm": lambda layer, x: nn.group_norm(x, layer.groups),
    "channel_mean": lambda layer, x: x.mean(1, keepdim=True),
    "channel_max": lambda layer, x: x.mean(1, keepdim=True),
    "slice_channels": lambda layer, x: x[:, layer.start : layer.stop : layer.step],
    "channel_shuffle": lambda layer, x: nn.channel_shuffle(x, layer.groups),
    "scale": lambda layer, x: x * _weight((1, layer.channels, *(1,) * (x.dim() - 2))),
    "prelu": lambda layer, x: nn.prelu(x, _weight((layer.channels,))),
    "relu": lambda layer, x: nn.relu(x),
    "flatten": lambda layer, x: x.flatten(1),
    "unflatten": lambda layer, x: x[:, :, None, None],
    "linear": lambda layer, x: x @ _weight((layer.in_features, layer.out_features)),
}
_JOINS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "add": torch.add,
    "multiply": torch.mul,
    "divide": torch.mul,  # x / x has no derivative
    "maximum": torch.add,  # a maximum hides one of the two
    "minimum": torch.add,
}


def computed(graph: Graph) -> dict[str, Tensor]:
    """What each layer makes of a random image: positive weights, double precision.

    Maxima are means, which depend on the same and hide nothing.
    """
    torch.manual_seed(0)
    values: dict[str, Tensor] = {}
    for node in graph:
        inputs = [values[name] for name in node.inputs]
        values[node.name] = _computed(node, inputs)
        assert values[node.name].shape[1:] == node.shape, node
    return values


def _computed(node: Node, inputs: list[Tensor]) -> Tensor:
    kind = node.layer.kind
    if kind == "input":
        image = torch.rand(1, *map(int, node.shape), dtype=torch.float64)
        return image.requires_grad_()
    if kind == "concat":
        return torch.cat(inputs, 1)
    if kind in _JOINS:
        result = inputs[0]
        for other in inputs[1:]:
            result = _JOINS[kind](result, other)
        return result
    if kind in ("conv2d", "conv_transpose2d"):
        return _conv(node, *inputs)
    return _FUNCTIONS[kind](node.layer, *inputs)


def depends(image: Tensor, value: Tensor) -> Tensor:
    """Which numbers of the image a mix of `value`'s depends on by more than rounding."""
    mix = (value * torch.rand_like(value)).sum()
    (gradient,) = torch.autograd.grad(mix, image, retain_graph=True, allow_unused=True)
    if gradient is None:
        return torch.zeros_like(image[0], dtype=torch.bool)
    return gradient[0].abs() > 1e-12 * max(float(gradient.abs().max()), 1e-30)
