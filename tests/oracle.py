"""What PyTorch computes for a layer, written without a look at the emitter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import reduce
from typing import Any

import torch
from torch import Tensor, nn

from henet_arch.ir import layers
from henet_arch.ir.graph import Graph

F = torch.nn.functional
Step = Callable[..., Tensor]


def step_of(layer: Any) -> Step:
    """A module with the layer's weights, or a function where it has none."""
    if not layer.sides:
        return _step_of(layer)
    above, below, left, right = layer.sides
    sides = (left, right, above, below)
    if isinstance(layer, layers.AvgPool2d) and layer.is_uneven((9, 9), (1, 1)):
        return lambda x: _mean_of_map(x, layer, sides)
    value = float("-inf") if isinstance(layer, layers.MaxPool2d) else 0.0
    inner = _step_of(replace(layer, padding=(0, 0)))
    assert isinstance(inner, nn.Module)
    inner.register_forward_pre_hook(lambda _, inputs: (F.pad(inputs[0], sides, value=value),))
    return inner


def _mean_of_map(x: Tensor, layer: layers.AvgPool2d, sides: tuple[int, ...]) -> Tensor:
    sums = (
        F.avg_pool2d(F.pad(of, sides), layer.kernel, layer.stride, divisor_override=1)
        for of in (x, torch.ones_like(x))
    )
    return next(sums) / next(sums)


def _step_of(layer: Any) -> Step:
    match layer:
        case layers.Conv2d():
            return nn.Conv2d(
                layer.in_channels,
                layer.out_channels,
                layer.kernel,
                layer.stride,
                layer.padding,  # type: ignore[arg-type]
                layer.dilation,
                layer.groups,
                layer.bias,
            )
        case layers.ConvTranspose2d():
            return nn.ConvTranspose2d(**_renamed(layer.attributes(), kernel="kernel_size"))
        case layers.BatchNorm2d():
            return nn.BatchNorm2d(**_renamed(layer.attributes(), channels="num_features"))
        case layers.BatchNorm1d():
            return nn.BatchNorm1d(**_renamed(layer.attributes(), channels="num_features"))
        case layers.LayerNorm():
            return _ChannelNorm(layer.channels, layer.eps, layer.affine, layer.bias)
        case layers.GroupNorm():
            return nn.GroupNorm(layer.groups, layer.channels, layer.eps, layer.affine)
        case layers.Scale():
            return _Scale(layer.channels, layer.weight, layer.bias)
        case layers.PReLU():
            return nn.PReLU(layer.channels)
        case layers.Elementwise():
            return _function(layer)
        case layers.Softmax():
            return nn.Softmax(1)
        case layers.Dropout():
            return nn.Dropout(layer.p)
        case layers.LocalResponseNorm():
            return nn.LocalResponseNorm(layer.size, layer.alpha, layer.beta, layer.k)
        case layers.PadChannels():
            return lambda x: F.pad(x, (0, 0, 0, 0, layer.before, layer.after))
        case layers.ChannelShuffle():
            return nn.ChannelShuffle(layer.groups)
        case layers.SliceChannels():
            return lambda x: x.index_select(1, torch.arange(layer.start, layer.stop, layer.step))
        case layers.PixelShuffle():
            return lambda x: F.pixel_shuffle(x, layer.factor)
        case layers.PixelUnshuffle():
            return lambda x: F.pixel_unshuffle(x, layer.factor)
        case layers.Pad2d():
            above, below, left, right = layer.padding
            value = layer.value if layer.mode == "constant" else None
            return lambda x: F.pad(x, (left, right, above, below), layer.mode, value)
        case layers.Crop2d():
            above, below, left, right = layer.edges
            down, across = layer.stride
            return lambda x: F.pad(x, (-left, -right, -above, -below))[:, :, ::down, ::across]
        case layers.Resize():
            corners = None if layer.mode == "nearest" else layer.align_corners
            return lambda x: F.interpolate(x, layer.size, layer.factor, layer.mode, corners)
        case layers.MaxPool2d():
            return nn.MaxPool2d(
                layer.kernel, layer.stride, layer.padding, ceil_mode=layer.ceil_mode
            )
        case layers.AvgPool2d():
            window = layer.kernel, layer.stride, layer.padding
            counted = layer.ceil_mode, layer.count_include_pad, layer.divisor_override
            return nn.AvgPool2d(*window, *counted)  # type: ignore[arg-type]
        case layers.AdaptiveAvgPool2d():
            return lambda x: F.adaptive_avg_pool2d(x, layer.size)
        case layers.AdaptiveMaxPool2d():
            return lambda x: F.adaptive_max_pool2d(x, layer.size)
        case layers.GlobalAvgPool2d():
            return lambda x: x.mean((2, 3), keepdim=True)
        case layers.GlobalMaxPool2d():
            return lambda x: x.amax((2, 3), keepdim=True)
        case layers.ChannelMean():
            return lambda x: x.sum(1, keepdim=True) / x.shape[1]
        case layers.ChannelMax():
            return lambda x: x.max(1, keepdim=True).values
        case layers.Flatten():
            return nn.Flatten()
        case layers.Unflatten():
            return lambda x: x.unflatten(1, (-1, 1, 1))
        case layers.Linear():
            return nn.Linear(layer.in_features, layer.out_features, layer.bias)
        case layers.Concat():
            return lambda *xs: torch.cat(xs, 1)
    return _join(layer)


_JOINS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "add": torch.add,
    "multiply": torch.mul,
    "subtract": torch.sub,
    "divide": torch.div,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
}


def _join(layer: Any) -> Step:
    function = _JOINS[layer.kind]
    return lambda *xs: reduce(function, xs)


_FUNCTIONS: dict[str, Step] = {
    "gelu_tanh": nn.GELU("tanh"),
    "clip": lambda y, min_val, max_val: y.clip(min_val, max_val),
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": lambda y: y**0.5,
    "abs": lambda y: torch.where(y < 0, -y, y),
    "reciprocal": lambda y: 1 / y,
    "square": lambda y: y * y,
    "power": lambda y, exponent: torch.pow(y, exponent),
    "affine": lambda y, scale, shift: scale * y + shift,
}


def _function(layer: layers.Elementwise) -> Step:
    if layer.name in _FUNCTIONS:
        return lambda y: _FUNCTIONS[layer.name](y, *layer.settings)
    module: nn.Module = getattr(nn, layer.function.torch)(**layer.attributes())
    return module


class _ChannelNorm(nn.LayerNorm):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class _Scale(nn.Module):
    def __init__(self, channels: int, weight: bool, bias: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels)) if weight else None
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        x = x if self.weight is None else torch.einsum("nc...,c->nc...", x, self.weight)
        return x if self.bias is None else (x.movedim(1, -1) + self.bias).movedim(-1, 1)


def _renamed(attributes: Mapping[str, Any], **names: str) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in attributes.items()}


@torch.no_grad()
def outputs_of(graph: Graph, tensors: Mapping[str, Tensor], *images: Tensor) -> tuple[Tensor, ...]:
    """What a graph gives with these weights, run layer by layer."""
    values: dict[str, Tensor] = {}
    given = iter(images)
    for node in graph:
        if not node.inputs:
            values[node.name] = next(given)
            continue
        step = step_of(node.layer)
        if isinstance(step, nn.Module):
            held = {**node.layer.weights(), **node.layer.buffers()}
            state = {name: tensors[f"{node.owner}.{name}"] for name in held}
            missing, unexpected = step.eval().load_state_dict(state, strict=False)
            assert not unexpected
            assert set(missing) <= {"num_batches_tracked"}
        values[node.name] = step(*(values[name] for name in node.inputs))
    return tuple(values[name] for name in graph.outputs)
