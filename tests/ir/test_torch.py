"""PyTorch as the oracle: the same layers, built from a graph, have our counts and shapes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from strategies import networks, specs
from torch import nn

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.functions import FUNCTIONS
from henet_arch.ir.graph import Graph
from henet_arch.ir.layer import KINDS, Layer

F = torch.nn.functional


def _module(layer: Any) -> Callable[..., torch.Tensor]:
    if not layer.sides:
        return _of(layer)
    above, below, left, right = layer.sides
    value = float("-inf") if isinstance(layer, layers.MaxPool2d) else 0.0
    inner = _of(replace(layer, padding=(0, 0)))
    assert isinstance(inner, nn.Module)
    return nn.Sequential(nn.ConstantPad2d((left, right, above, below), value), inner)


def _of(layer: Any) -> Callable[..., torch.Tensor]:
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
        case layers.BatchNorm2d():
            return nn.BatchNorm2d(layer.channels, layer.eps, layer.momentum)
        case layers.Elementwise():
            module: nn.Module = getattr(nn, layer.function.torch)(**layer.attributes())
            return module
        case layers.Softmax():
            return nn.Softmax(1)
        case layers.Dropout():
            return nn.Dropout(layer.p)
        case layers.LocalResponseNorm():
            return nn.LocalResponseNorm(layer.size, layer.alpha, layer.beta, layer.k)
        case layers.PadChannels():
            return lambda x: F.pad(x, (0, 0, 0, 0, layer.before, layer.after))
        case layers.MaxPool2d():
            return nn.MaxPool2d(
                layer.kernel, layer.stride, layer.padding, ceil_mode=layer.ceil_mode
            )
        case layers.ChannelShuffle():
            return nn.ChannelShuffle(layer.groups)
        case layers.AvgPool2d():
            window = layer.kernel, layer.stride, layer.padding
            counted = layer.ceil_mode, layer.count_include_pad, layer.divisor_override
            return nn.AvgPool2d(*window, *counted)  # type: ignore[arg-type]
        case layers.GlobalAvgPool2d():
            return nn.AdaptiveAvgPool2d(1)
        case layers.Flatten():
            return nn.Flatten()
        case layers.Linear():
            return nn.Linear(layer.in_features, layer.out_features, layer.bias)
        case layers.Add():
            return lambda *xs: sum(xs)
        case layers.Concat():
            return lambda *xs: torch.cat(xs, 1)
    raise AssertionError(f"no PyTorch module for {layer.kind}")


class Rebuilt(nn.Module):
    """The graph, run node by node."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph
        self.steps = {node.name: _module(node.layer) for node in graph.nodes[1:]}
        self.held = nn.ModuleList(s for s in self.steps.values() if isinstance(s, nn.Module))

    def forward(self, image: torch.Tensor) -> dict[str, torch.Tensor]:
        values = {self.graph.nodes[0].name: image}
        for node in self.graph.nodes[1:]:
            values[node.name] = self.steps[node.name](*(values[name] for name in node.inputs))
        return values


def _check(spec: ha.Spec) -> None:
    """Shapes and counts alone, so that tensors need no memory."""
    from torch.utils.flop_counter import FlopCounterMode

    graph = ha.build(spec)
    report = ha.analyze(graph)
    with torch.device("meta"):
        module, image = Rebuilt(graph).eval(), torch.zeros(1, *graph.input_shape)
    tensors = [*module.parameters(), *(b for b in module.buffers() if b.is_floating_point())]
    assert report.params == sum(p.numel() for p in module.parameters())
    for layer in report.layers[1:]:
        step = module.steps[layer.node.name]
        own = dict(step.named_parameters()) if isinstance(step, nn.Module) else {}
        shapes = {name: tuple(tensor.shape) for name, tensor in own.items()}
        assert shapes == layer.node.layer.weights()
    assert report.parameters.weight_bytes == sum(t.numel() * t.element_size() for t in tensors)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        values = module(image)
    assert {n: tuple(v.shape[1:]) for n, v in values.items()} == {n.name: n.shape for n in graph}
    assert counter.get_total_flops() == 2 * report.macs


@pytest.mark.slow
@pytest.mark.parametrize("name", ha.presets())
def test_presets(name: str) -> None:
    _check(ha.preset(name))


@given(specs() | networks())
@examples(30)
def test_random_specs(spec: ha.Spec) -> None:
    _check(spec)


SMALL: list[tuple[Layer, tuple[tuple[int, ...], ...]]] = [
    (layers.Conv2d(6, 4, (3, 3), padding=(1, 1), groups=2), ((6, 3, 3),)),
    (layers.Conv2d(6, 6, (1, 1), groups=6, bias=False), ((6, 2, 2),)),
    (layers.Conv2d(6, 4, (2, 3), padding=(0, 1, 2, 1), groups=2), ((6, 3, 3),)),
    (layers.Conv2d(4, 6, (3, 1), (2, 1), (0, 0), (1, 1)), ((4, 5, 3),)),
    (layers.BatchNorm2d(3), ((3, 2, 2),)),
    *((layers.Elementwise(name), ((3, 2, 2),)) for name in FUNCTIONS),
    (layers.Softmax(), ((4,),)),
    (layers.Dropout(0.3), ((3, 2, 2),)),
    (layers.LocalResponseNorm(3), ((7, 2, 2),)),
    (layers.LocalResponseNorm(4), ((6, 1, 2),)),
    (layers.PadChannels(2, 1), ((3, 2, 2),)),
    (layers.MaxPool2d((3, 3), (2, 2), ceil_mode=True), ((3, 4, 4),)),
    (layers.ChannelShuffle(3), ((12, 2, 2),)),
    (layers.Add(), ((3, 2, 2), (3, 2, 2))),
    (layers.Concat(), ((2, 2, 2), (3, 2, 2))),
    (layers.AvgPool2d((3, 3), (2, 2), (1, 1)), ((3, 5, 5),)),
    (layers.GlobalAvgPool2d(), ((3, 4, 4),)),
    (layers.Flatten(), ((3, 2, 2),)),
    (layers.Linear(4, 3), ((4,),)),
]


def test_every_kind_is_checked() -> None:
    assert {layer.kind for layer, _ in SMALL} | {"input"} == set(KINDS)


@pytest.mark.parametrize(("layer", "shapes"), SMALL, ids=lambda v: getattr(v, "kind", ""))
def test_reads_are_the_channels_with_a_derivative(
    layer: Layer, shapes: tuple[tuple[int, ...], ...]
) -> None:
    step = _module(layer)
    if isinstance(step, nn.Module):
        step.eval()
    inputs = [torch.rand(1, *shape).requires_grad_() for shape in shapes]
    output = step(*inputs)
    assert tuple(output.shape[1:]) == layer.infer(*shapes)
    for channel in range(output.shape[1]):
        gradients = torch.autograd.grad(
            output[0, channel].sum(), inputs, retain_graph=True, allow_unused=True
        )
        for gradient, expected in zip(gradients, layer.reads(channel, shapes), strict=True):
            found = [] if gradient is None else [c for c, g in enumerate(gradient[0]) if g.any()]
            assert found == list(expected)


@given(st.integers(1, 30), st.integers(1, 5), st.integers(1, 4), st.integers(0, 2), st.booleans())
@examples(100)
def test_pooling_sizes(size: int, kernel: int, stride: int, padding: int, ceil: bool) -> None:
    """And how many elements the windows read: the mean of ones weighted by its divisor."""
    pair = (kernel, kernel), (stride, stride), (padding, padding), ceil
    for layer in (layers.AvgPool2d(*pair), layers.MaxPool2d(*pair)):
        step = _module(layer)
        try:
            expected = tuple(step(torch.zeros(1, 1, size, size)).shape[1:])
        except RuntimeError:
            with pytest.raises(ha.HenetArchError):
                layer.infer((1, size, size))
            return
        assert layer.infer((1, size, size)) == expected
    padded = torch.ones(1, 1, size + 2 * padding, size + 2 * padding)
    if expected == layers.AvgPool2d(*pair[:2], (0, 0), ceil).infer(tuple(padded.shape[1:])):
        ones = F.avg_pool2d(padded, kernel, stride, 0, ceil, divisor_override=1)
        window = layers.AvgPool2d(*pair).window
        assert window.taps(size, size) == int(ones.sum())


@given(st.integers(1, 40), st.sampled_from((1, 3, 5)), st.integers(1, 3), st.integers(0, 3))
def test_window_sizes(size: int, kernel: int, stride: int, padding: int) -> None:
    layer = layers.Conv2d(1, 1, (kernel, kernel), (stride, stride), (padding, padding))
    step = _module(layer)
    try:
        expected = tuple(step(torch.zeros(1, 1, size, size)).shape[1:])
    except RuntimeError:
        with pytest.raises(ha.HenetArchError, match="does not fit"):
            layer.infer((1, size, size))
    else:
        assert layer.infer((1, size, size)) == expected
