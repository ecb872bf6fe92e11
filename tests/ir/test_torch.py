"""PyTorch as the oracle: the same layers, built from a graph, have our counts and shapes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sympy
import torch
from examples import examples
from hypothesis import assume, given
from hypothesis import strategies as st
from oracle import step_of
from strategies import networks, specs
from torch import nn

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.functions import FUNCTIONS
from henet_arch.ir.graph import Graph
from henet_arch.ir.layer import KINDS, Layer

F = torch.nn.functional


class Rebuilt(nn.Module):
    """The graph, run node by node."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph
        self.steps = {node.name: step_of(node.layer) for node in graph.nodes[1:]}
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
    (layers.ConvTranspose2d(6, 4, (3, 3), (2, 2), (1, 1), (1, 1), groups=2), ((6, 3, 3),)),
    (layers.ConvTranspose2d(2, 3, (2, 3), (3, 1), (0, 2), (2, 0), (1, 2)), ((2, 3, 5),)),
    (layers.ConvTranspose2d(2, 2, (3, 2), (2, 1), (1, 0), dilation=(2, 3)), ((2, 4, 3),)),
    (layers.ConvTranspose2d(2, 2, (2, 3), (3, 2), dilation=(2, 4)), ((2, 4, 3),)),
    (layers.BatchNorm2d(3), ((3, 2, 2),)),
    (layers.BatchNorm2d(3, affine=False), ((3, 2, 2),)),
    (layers.BatchNorm1d(3), ((3,),)),
    (layers.LayerNorm(3), ((3, 2, 2),)),
    (layers.LayerNorm(3, bias=False), ((3,),)),
    (layers.GroupNorm(2, 6), ((6, 2, 3),)),
    (layers.Scale(3), ((3, 2, 2),)),
    (layers.Scale(3, weight=False), ((3,),)),
    (layers.PReLU(3), ((3, 2, 2),)),
    (layers.PReLU(), ((3,),)),
    *((layers.Elementwise(name), ((3, 2, 2),)) for name in FUNCTIONS),
    (layers.Softmax(), ((4,),)),
    (layers.Dropout(0.3), ((3, 2, 2),)),
    (layers.LocalResponseNorm(3), ((7, 2, 2),)),
    (layers.LocalResponseNorm(4), ((6, 1, 2),)),
    (layers.PadChannels(2, 1), ((3, 2, 2),)),
    (layers.MaxPool2d((3, 3), (2, 2), ceil_mode=True), ((3, 4, 4),)),
    (layers.ChannelShuffle(3), ((12, 2, 2),)),
    (layers.Add(), ((3, 2, 2), (3, 2, 2))),
    (layers.Multiply(), ((3, 2, 3), (3, 1, 1), (1, 2, 3))),
    (layers.Subtract(), ((1, 1, 3), (3, 2, 1))),
    (layers.Divide(), ((3,), (1,))),
    (layers.Maximum(), ((3, 2, 2), (3, 2, 2))),
    (layers.Minimum(), ((3, 2, 2), (3, 1, 2))),
    (layers.Concat(), ((2, 2, 2), (3, 2, 2))),
    (layers.Concat(), ((2,), (3,))),
    (layers.SliceChannels(1, 6, 2), ((7, 2, 2),)),
    (layers.SliceChannels(2, 5), ((7,),)),
    (layers.PixelShuffle(2), ((12, 2, 3),)),
    (layers.PixelUnshuffle(2), ((3, 4, 6),)),
    (layers.Pad2d((1, 2, 0, 3), value=0.5), ((2, 3, 2),)),
    (layers.Pad2d((1, 3, 0, 2), "reflect"), ((2, 4, 3),)),
    (layers.Pad2d((1, 3, 0, 2), "replicate"), ((2, 2, 1),)),
    (layers.Crop2d((1, 0, 2, 1)), ((2, 4, 5),)),
    (layers.Crop2d((1, 0, 0, 1), (2, 3)), ((2, 4, 6),)),
    (layers.Resize((2.0, 1.5)), ((2, 4, 5),)),
    (layers.Resize((2.0, 3.0), mode="bilinear"), ((2, 4, 3),)),
    (layers.Resize((2.0, 0.5), mode="bilinear", align_corners=True), ((2, 4, 8),)),
    (layers.Resize(size=(3, 9), mode="bicubic"), ((2, 7, 5),)),
    (layers.ChannelMean(), ((3, 2, 2),)),
    (layers.ChannelMax(), ((3, 1, 1),)),
    (layers.AvgPool2d((3, 3), (2, 2), (1, 1)), ((3, 5, 5),)),
    (layers.AvgPool2d((3, 2), (2, 1), (0, 1, 1, 0), count_include_pad=False), ((2, 5, 4),)),
    (layers.GlobalAvgPool2d(), ((3, 4, 4),)),
    (layers.GlobalMaxPool2d(), ((3, 1, 1),)),
    (layers.AdaptiveAvgPool2d((3, 4)), ((2, 7, 2),)),
    (layers.AdaptiveMaxPool2d((3, 4)), ((2, 3, 4),)),
    (layers.Unflatten(), ((3,),)),
    (layers.Flatten(), ((3, 2, 2),)),
    (layers.Linear(4, 3), ((4,),)),
]


def test_every_kind_is_checked() -> None:
    assert {layer.kind for layer, _ in SMALL} | {"input", "opaque"} == set(KINDS)


Derivatives = Callable[[torch.Tensor], list[torch.Tensor]]


def _derivatives(
    layer: Layer, shapes: tuple[tuple[int, ...], ...]
) -> tuple[torch.Tensor, Derivatives]:
    """What a layer gives for images without a batch, and the derivatives of any part by each.

    Weights are positive. The largest of several is looked for many times, so that it is each once.
    """
    torch.manual_seed(0)
    step = step_of(layer)
    if isinstance(step, nn.Module):
        step.eval().double()
        for parameter in step.parameters():
            parameter.data.uniform_(0.5, 1.5)
    picks = layer.kind in _PICKING
    count = 200 if picks else 1
    inputs = [torch.rand(count, *shape).double().requires_grad_() for shape in shapes]
    output = step(*inputs)
    assert tuple(output.shape[1:]) == layer.infer(*shapes)

    def by_inputs(part: torch.Tensor) -> list[torch.Tensor]:
        mixed = (part * (1 + torch.rand_like(part))).sum()
        gradients = torch.autograd.grad(mixed, inputs, retain_graph=True, allow_unused=True)
        zeros = (torch.zeros_like(own) for own in inputs)
        return [
            (zero if gradient is None else gradient).abs().sum(0) > 1e-9
            for gradient, zero in zip(gradients, zeros, strict=True)
        ]

    return output, by_inputs


_PICKING = {
    "max_pool2d", "adaptive_max_pool2d", "global_max_pool2d", "channel_max", "maximum", "minimum",
}  # fmt: skip


def _touched(by: torch.Tensor, axis: int) -> list[int]:
    """Which channels (0), rows (1) or columns (2) have a derivative."""
    return [index for index, part in enumerate(by.movedim(axis, 0)) if part.any()]


@pytest.mark.parametrize(("layer", "shapes"), SMALL, ids=lambda v: getattr(v, "kind", ""))
def test_reads_are_the_channels_with_a_derivative(
    layer: Layer, shapes: tuple[tuple[int, ...], ...]
) -> None:
    output, by_inputs = _derivatives(layer, shapes)
    for channel in range(output.shape[1]):
        touched = [_touched(by, 0) for by in by_inputs(output[:, channel])]
        assert touched == [list(channels) for channels in layer.reads(channel, shapes)]


MAPS = [(layer, shapes) for layer, shapes in SMALL if len(shapes[0]) == 3]


@pytest.mark.parametrize(("layer", "shapes"), MAPS, ids=lambda v: getattr(v, "kind", ""))
def test_places_are_the_rows_and_columns_with_a_derivative(
    layer: Layer, shapes: tuple[tuple[int, ...], ...]
) -> None:
    """For layers with a window, what the window says."""
    output, by_inputs = _derivatives(layer, shapes)
    if output.dim() != 4:
        return
    for axis in (0, 1):
        after = output.shape[2 + axis]
        for place in range(after):
            part = output.select(2 + axis, place)
            for by, shape in zip(by_inputs(part), shapes, strict=True):
                expected = _places(layer, place, axis, shape[1 + axis], after)
                assert _touched(by, 1 + axis) == list(expected), (axis, place)


def _places(layer: Layer, place: int, axis: int, before: int, after: int) -> range:
    if layer.window:
        window = layer.window
        step = window.dilation[axis]
        first = place * window.stride[axis] - window.sides(axis)[0]
        stop = min(before, first + (window.kernel[axis] - 1) * step + 1)
        return range(first if first >= 0 else first % step, stop, step)
    places = layer.places(place, axis, before, after)
    if places is None:
        return range(place, place + 1) if before == after else range(before)
    return places


@given(
    size=st.integers(1, 12),
    factor=st.sampled_from((0.5, 1.0, 1 / 3, 1.5, 2.0, 3.0, 0.7)) | st.floats(0.3, 4),
    mode=st.sampled_from(("nearest", "bilinear", "bicubic")),
    corners=st.booleans(),
    by_size=st.booleans(),
)
@examples(60)
def test_resizing(size: int, factor: float, mode: str, corners: bool, by_size: bool) -> None:
    """Sizes are exact; the places are those with a derivative, but for rounding in PyTorch."""
    assume(int(size * factor) >= 1)
    corners = corners and mode != "nearest"
    given = {"size": (int(size * factor), 2)} if by_size else {"factor": (factor, 1.0)}
    layer = layers.Resize(**given, mode=mode, align_corners=corners)
    output, by_inputs = _derivatives(layer, ((1, size, 2),))
    after = output.shape[2]
    for place in range(after):
        touched = set(_touched(by_inputs(output.select(2, place))[0], 1))
        places = set(layer.places(place, 0, size, after))
        assert touched <= places
        assert mode != "bilinear" or len(places - touched) == 0
    symbol = sympy.Symbol("H", integer=True, positive=True)
    open_size = layer.infer((1, symbol, 2))[1]
    assert sympy.sympify(open_size).subs(symbol, size) == after


@given(
    size=st.integers(1, 6), kernel=st.integers(1, 4), stride=st.integers(1, 4),
    padding=st.integers(0, 3), more=st.integers(0, 3), dilation=st.integers(1, 4),
)  # fmt: skip
@examples(60)
def test_transposed_sizes_and_places(
    size: int, kernel: int, stride: int, padding: int, more: int, dilation: int
) -> None:
    try:
        layer = layers.ConvTranspose2d(
            1, 1, (kernel, 1), (stride, 1), (padding, 0), (more, 0), (dilation, 1)
        )
        layer.infer((1, size, 1))
    except ha.HenetArchError:
        with pytest.raises(RuntimeError):
            F.conv_transpose2d(
                torch.zeros(1, 1, size, 1), torch.zeros(1, 1, kernel, 1), None,
                (stride, 1), (padding, 0), (more, 0), 1, (dilation, 1),
            )  # fmt: skip
        return
    output, by_inputs = _derivatives(layer, ((1, size, 1),))
    for place in range(output.shape[2]):
        touched = _touched(by_inputs(output.select(2, place))[0], 1)
        assert touched == list(layer.places(place, 0, size, output.shape[2]))


@given(st.integers(1, 30), st.integers(1, 5), st.integers(1, 4), st.integers(0, 2), st.booleans())
@examples(100)
def test_pooling_sizes(size: int, kernel: int, stride: int, padding: int, ceil: bool) -> None:
    """And how many elements the windows read: the mean of ones weighted by its divisor."""
    pair = (kernel, kernel), (stride, stride), (padding, padding), ceil
    for layer in (layers.AvgPool2d(*pair), layers.MaxPool2d(*pair)):
        step = step_of(layer)
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
    step = step_of(layer)
    try:
        expected = tuple(step(torch.zeros(1, 1, size, size)).shape[1:])
    except RuntimeError:
        with pytest.raises(ha.HenetArchError, match="does not fit"):
            layer.infer((1, size, size))
    else:
        assert layer.infer((1, size, size)) == expected
