"""Times each layer by itself: PyTorch, one image, one thread."""

from __future__ import annotations

import time
from itertools import count
from statistics import median

import torch
from torch import Tensor, nn

from ...ir.dims import Shape
from ...ir.graph import Graph, GraphBuilder
from ...ir.layer import Layer
from ...ir.layers import Input
from ..torch.module import to_torch
from .timing import one_core

_WARM_UP = 5
_PASSES = 30


def layer_seconds(graph: Graph) -> dict[str, float]:
    """The median time of each layer, by name; equal layers on equal shapes are timed once.

    What a runtime gains by running layers together is not in it.
    """
    result: dict[tuple[Layer, tuple[Shape, ...]], float] = {}
    times = {}
    with one_core(), torch.inference_mode():
        for node in graph:
            key = (node.layer, node.input_shapes)
            if key not in result:
                result[key] = _seconds(*key) if node.inputs else 0.0
            times[node.name] = result[key]
    return times


def _seconds(layer: Layer, shapes: tuple[Shape, ...]) -> float:
    module = _alone(layer, shapes)
    images = [torch.rand(1, *shape) for shape in shapes]
    return median([_once(module, images) for _ in range(_WARM_UP + _PASSES)][_WARM_UP:])


def _once(module: nn.Module, images: list[Tensor]) -> float:
    start = time.perf_counter()
    module(*images)
    return time.perf_counter() - start


def _alone(layer: Layer, shapes: tuple[Shape, ...]) -> nn.Module:
    """A module of the layer alone, an input for each operand."""
    builder = GraphBuilder("layer")
    names = (f"input{number}" for number in count())
    inputs = [builder.add(name, Input(shape)) for name, shape in zip(names, shapes, strict=False)]
    builder.add("alone", layer, inputs)
    with torch.inference_mode(False):
        return to_torch(builder.finish()).eval()
