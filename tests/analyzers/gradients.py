"""What depends on what, by PyTorch's gradients, where no rectifier and no maximum hides it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

import henet_arch as ha
from henet_arch.ir.graph import Graph, GraphBuilder
from henet_arch.ir.layer import Layer
from henet_arch.ir.layers import (
    AvgPool2d,
    Elementwise,
    MaxPool2d,
)
from henet_arch.runtime.torch.tensors import outputs_of

Tensor = Any


def _open(layer: Layer) -> Layer:
    """A layer that reads the same and has a derivative everywhere above 0."""
    if isinstance(layer, MaxPool2d):
        return AvgPool2d(layer.kernel, layer.stride, layer.padding, layer.ceil_mode)
    return Elementwise("relu") if isinstance(layer, Elementwise) else layer


def opened(graph: Graph) -> Graph:
    """The same wiring, with nothing that cuts off or picks one of several."""
    builder = GraphBuilder(graph.name, graph.family)
    for node in graph:
        builder.add(node.name, _open(node.layer), [builder[name] for name in node.inputs])
    return builder.finish([builder[name] for name in graph.outputs])


def traced(graph: Graph, names: Sequence[str]) -> tuple[Tensor, list[Tensor]]:
    """An image and what the layers `names` make of it: positive weights, double precision."""
    torch.manual_seed(0)
    module = ha.to_torch(replace(opened(graph), outputs=tuple(names))).double().eval()
    for key, tensor in module.state_dict().items():
        if key.endswith("running_mean"):
            tensor.zero_()
        elif tensor.is_floating_point():
            tensor.uniform_(0.5, 1.5).div_(tensor[0].numel())
    image = torch.rand(1, *graph.input_shape, dtype=torch.float64, requires_grad=True)
    return image, list(outputs_of(module(image)))


def touched(image: Tensor, value: Tensor) -> Tensor:
    """Which numbers of the image a mix of `value`'s numbers depends on: True or False."""
    mix = (value * torch.rand_like(value)).sum()
    (gradient,) = torch.autograd.grad(mix, image, retain_graph=True, allow_unused=True)
    return torch.zeros_like(image[0], dtype=torch.bool) if gradient is None else gradient[0] != 0
