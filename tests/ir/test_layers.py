"""What a layer's attributes may be, with PyTorch as the judge of numbers and lists."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy
import torch
from hypothesis import given
from hypothesis import strategies as st

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.graph import GraphBuilder
from henet_arch.ir.layer import KINDS, Layer
from henet_arch.ir.layers import Dropout, Input, Linear
from henet_arch.support.errors import HenetArchError, LayerError, ShapeError, UnknownNameError

AvgPool2d: Any = layers.AvgPool2d  # which are given numbers and lists here, as at run time
Conv2d: Any = layers.Conv2d
ConvTranspose2d: Any = layers.ConvTranspose2d
Crop2d: Any = layers.Crop2d
Opaque: Any = layers.Opaque
Pad2d: Any = layers.Pad2d
Resize: Any = layers.Resize
Elementwise: Any = layers.Elementwise
LocalResponseNorm: Any = layers.LocalResponseNorm
HUGE = 10**40
NO_PAIRS = [(3, 3, 3), (), (3,), True, 0, -1, 2.0, float("nan"), "3", None, {1: 2}, HUGE, (1, 0)]


@pytest.mark.parametrize(
    ("layer", "shapes", "message"),
    [
        (ConvTranspose2d(4, 8, 3), ((5, 4, 4),), "4 input channels, but meets 5"),
        (ConvTranspose2d(4, 6, 3, groups=4), ((4, 4, 4),), "4 groups do not divide 6 output"),
        (ConvTranspose2d(4, 8, 1, padding=2), ((4, 4, 4),), "padding 2x2 leaves nothing"),
        (layers.BatchNorm1d(4), ((4, 1, 1),), "batch_norm1d takes a vector, not 4x1x1"),
        (layers.LayerNorm(4), ((4, 5),), "layer_norm takes a map or a vector, not 4x5"),
        (layers.LayerNorm(4), ((5, 4, 4),), "4 channels, but meets 5"),
        (layers.GroupNorm(3, 4), ((4, 4, 4),), "3 groups do not divide 4 channels"),
        (layers.Scale(4), ((5,),), "4 channels, but meets 5"),
        (layers.PReLU(4), ((5, 2, 2),), "4 channels, but meets 5"),
        (layers.Multiply(), ((4, 2, 2), (3, 2, 2)), "cannot multiply 3x2x2 with 4x2x2"),
        (layers.Add(), ((96, 8, 8), (48, 8, 8)), "cannot add 48x8x8 to 96x8x8"),
        (layers.Subtract(), ((4, 2, 2), (4,)), "cannot subtract 4 from 4x2x2"),
        (layers.Concat(), ((4,), (4, 1, 1)), "cannot concatenate 4x1x1 with 4"),
        (layers.SliceChannels(0, 5), ((4, 2, 2),), "a slice up to channel 5 of 4 channels"),
        (layers.SliceChannels(3, 3), ((4, 2, 2),), "a slice from channel 3 to 3 has none"),
        (layers.PixelShuffle(2), ((6, 2, 2),), "2 x 2 pixels do not divide 6 channels"),
        (layers.PixelUnshuffle(2), ((6, 2, 3),), "do not divide a map of 2x3"),
        (Pad2d(2, "reflect"), ((4, 2, 8),), "2 reflected elements of 2"),
        (Crop2d(1), ((4, 2, 8),), "nothing is left of a map of 2x8"),
        (Resize(0.1), ((4, 5, 5),), "leaves nothing of a map of 5x5"),
        (layers.Unflatten(), ((4, 1, 1),), "unflatten takes a vector"),
        (layers.ChannelMean(), ((4,),), "takes a \\(C, H, W\\) map, not 4"),
        (Opaque("If", ((4, 2, 2),), (4,)), ((4, 2, 3),), "what If gives for 4x2x3 is unknown"),
    ],
    ids=lambda v: getattr(v, "kind", ""),
)
def test_what_does_not_fit_is_refused(
    layer: Layer, shapes: tuple[tuple[int, ...], ...], message: str
) -> None:
    with pytest.raises(ShapeError, match=message):
        layer.infer(*shapes)


def test_joins_broadcast_as_pytorch_does() -> None:
    shapes = ((4, 1, 3), (4, 2, 1), (1, 2, 3))
    tensors = (torch.zeros(1, *shape) for shape in shapes)
    together = torch.broadcast_tensors(*tensors)  # type: ignore[no-untyped-call]
    assert layers.Add().infer(*shapes) == torch.stack(together).shape[2:]


@given(kernel=st.integers(1, 3), stride=st.integers(1, 3), padding=st.integers(0, 1))
def test_one_number_and_lists_are_taken_as_pytorch_takes_them(
    kernel: int, stride: int, padding: int
) -> None:
    ways: list[tuple[Any, ...]] = [
        (kernel, stride, padding),
        ([kernel] * 2, [stride] * 2, [padding] * 2),
        ((kernel,) * 2, (stride,) * 2, (padding,) * 2),
        tuple(map(np.int64, (kernel, stride, padding))),
    ]
    made = {Conv2d(4, 8, *way) for way in ways}
    assert len(made) == 1
    layer = made.pop()
    assert layer.weights()["weight"] == (8, 4, kernel, kernel)
    theirs = torch.nn.Conv2d(4, 8, kernel, stride, padding)(torch.zeros(1, 4, 7, 6))
    assert layer.infer((4, 7, 6)) == tuple(theirs.shape[1:])
    assert {type(n) for n in (*layer.kernel, *layer.stride, *layer.padding)} == {int}


@pytest.mark.parametrize("value", NO_PAIRS, ids=repr)
def test_other_kernels_are_refused(value: Any) -> None:
    ways: tuple[Any, ...] = (
        lambda: Conv2d(4, 8, value),
        lambda: replace(Conv2d(4, 8, (3, 3)), stride=value),
        lambda: AvgPool2d(value, 1),
        lambda: layers.layer("max_pool2d", {"kernel": 2, "stride": value}),
    )
    for make in ways:
        with pytest.raises(LayerError) as caught:
            make()
        assert caught.value.where
        assert caught.value.fix


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conv2d(4.0, 8, 3), "in_channels = 4.0"),
        (lambda: Conv2d(4, 8, 3, bias=1), "bias = 1"),
        (lambda: Conv2d(4, 8, 3, groups=0), "groups = 0 is below 1"),
        (lambda: Conv2d(4, 8, 3, padding=-1), "padding = -1 is below 0"),
        (lambda: Conv2d(sympy.Rational(1, 2), 8, 3), "in_channels = 1/2"),
        (lambda: Linear(True, 8), "in_features = True"),
        (lambda: Dropout(float("nan")), "p = nan"),
        (lambda: Dropout(1.0), "a dropout of 1.0"),
        (lambda: LocalResponseNorm(5, alpha=10**400), "alpha = 1000"),
        (lambda: LocalResponseNorm(5, alpha="1"), "alpha = '1'"),
        (lambda: Input(()), r"shape = \(\)"),
        (lambda: Input(3), "shape = 3"),  # type: ignore[arg-type]
        (lambda: layers.layer("conv2d", {"in_channels": 4}), "out_channels is missing"),
        (
            lambda: ConvTranspose2d(4, 8, 3, output_padding=1),
            "an output padding of 1 with stride 1",
        ),
        (lambda: ConvTranspose2d(4, 8, 3, padding=(1, 0, 1, 0)), r"padding = \(1, 0, 1, 0\)"),
        (lambda: ConvTranspose2d(4, 8, 3, padding="same"), "padding = 'same'"),
        (lambda: layers.LayerNorm(4, eps=-1.0), "eps = -1.0 is below 0"),
        (lambda: layers.GroupNorm(0, 4), "groups = 0 is below 1"),
        (lambda: layers.Scale(4, False, False), "neither weight nor bias"),
        (lambda: layers.PReLU(0), "channels = 0 is below 1"),
        (lambda: layers.SliceChannels(-1, 4), "start = -1 is below 0"),
        (lambda: layers.SliceChannels(0, 4, 0), "step = 0 is below 1"),
        (lambda: layers.PixelShuffle(0), "factor = 0 is below 1"),
        (lambda: Pad2d(-1), "padding = -1 is below 0"),
        (lambda: Pad2d("same"), "padding = 'same'"),
        (lambda: Pad2d(1, "reflect", 2.0), "value = 2.0 without effect"),
        (lambda: Crop2d((1, 2, 3)), r"edges = \(1, 2, 3\)"),
        (lambda: Crop2d(0, (2, 0)), "stride = 0 is below 1"),
        (lambda: Resize(), "a factor or a size, one of the two"),
        (lambda: Resize(2.0, size=4), "a factor or a size, one of the two"),
        (lambda: Resize(0.0), "factor = 0.0"),
        (lambda: Resize(float("nan")), "factor = nan"),
        (lambda: Resize(float("inf")), "factor = inf"),
        (lambda: Resize(size=0), "size = 0 is below 1"),
        (lambda: Resize(2.0, align_corners=True), "align_corners has no effect"),
        (lambda: layers.AdaptiveAvgPool2d((1, 0)), "size = 0 is below 1"),
        (lambda: Opaque("", ((4,),), (4,)), "operator = ''"),
        (lambda: Opaque("a\nb", ((4,),), (4,)), "operator = 'a"),
        (lambda: Opaque("a" * 1000, ((4,),), (4,)), "operator = 'aaa"),
        (lambda: Opaque("a", (4,), (4,)), "input_shapes = 4"),
        (lambda: Opaque("a", ((4,),), ()), r"output_shape = \(\)"),
        (lambda: Opaque("a", ((4,),), (4,), (("w w", (4,)),)), "tensors = 'w w'"),
        (lambda: Opaque("a", ((4,),), (4,), (("w", (4,)), ("w", (5,)))), "two tensors of one name"),
        (lambda: Opaque("a", ((4,),), (4,), cost=(("flop", 4),)), "'flop' is no elementary"),
        (lambda: Opaque("a", ((4,),), (4,), cost=(("mac", -4),)), "mac = -4|cost = -4"),
        (lambda: Opaque("a", ((4,),), (4,), cost=(("mac", 4), ("mac", 5))), "two operations"),
        (lambda: Opaque("a", ((4,),), (4,), cost="mac"), "cost = 'mac'"),
        (lambda: layers.layer("relu", {"slop": 1}), "'slop' is no attribute"),
        (lambda: Elementwise("relu", (0.1,)), r"settings = \(0.1,\)"),
        (lambda: Elementwise("elu", 0.1), "settings = 0.1"),
        (lambda: Elementwise("elu", (float("inf"),)), "alpha = inf"),
        (lambda: layers.layer("dropout", {"P": 1}), "'P' is no attribute\n.*\n.*did you mean p"),
    ],
)
def test_other_attributes_are_refused(make: Any, message: str) -> None:
    with pytest.raises(LayerError, match=message):
        make()


def test_functions_take_parameters_in_order_and_by_name() -> None:
    usual = Elementwise("leaky_relu")
    assert usual == Elementwise("leaky_relu", (0.01,)) == Elementwise.of("leaky_relu", {})
    other = Elementwise.of("leaky_relu", {"negative_slope": 2})
    assert other == Elementwise("leaky_relu", [2.0]) != usual
    assert (other.kind, other.attributes()) == ("leaky_relu", {"negative_slope": 2.0})
    with pytest.raises(UnknownNameError, match=r"unknown function 'leaky'\n.*leaky_relu"):
        Elementwise("leaky")


def test_valid_padding_is_none() -> None:
    assert Conv2d(4, 8, 3, padding="valid") == Conv2d(4, 8, (3, 3))


def test_open_sizes_pass() -> None:
    size = sympy.Symbol("C", integer=True, positive=True)
    layer = Conv2d(size, 2 * size, 3, padding=1)
    assert layer.infer((size, 8, 8)) == (2 * size, 8, 8)
    assert Conv2d(sympy.Integer(4), 8, 3) == Conv2d(4, 8, 3)


_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-3, HUGE), st.floats(), st.text(max_size=3)
)


_INNER = _VALUES | st.lists(_VALUES, max_size=2)


@given(
    kind=st.sampled_from(sorted(KINDS)),
    values=st.lists(
        _VALUES | st.lists(_VALUES | st.lists(_VALUES, max_size=2), max_size=4),
        min_size=9,
        max_size=9,
    ),
)
def test_whatever_json_says_makes_a_sound_layer_or_a_typed_error(
    kind: str, values: list[Any]
) -> None:
    names = list(_example(kind).attributes())
    attributes = dict(zip(names, values, strict=False))
    try:
        layer = layers.layer(kind, attributes)
    except HenetArchError as error:
        assert str(error)
    else:
        assert layers.layer(kind, layer.attributes()) == layer
        hash(layer)


def _example(kind: str) -> Layer:
    for guess in _GUESSES:
        try:
            return layers.layer(kind, guess)
        except LayerError:
            continue
    raise AssertionError(f"no example of {kind}")


_PAD = {"before": 1, "after": 1}
_POOL = {"kernel": 1, "stride": 1}
_CONV = {"in_channels": 1, "out_channels": 1, "kernel": 1}
_LINEAR = {"in_features": 1, "out_features": 1}
_OPAQUE = {"operator": "Loop", "input_shapes": ((1,),), "output_shape": (1,)}
_GUESSES: tuple[dict[str, Any], ...] = (
    {}, {"groups": 1}, {"channels": 1}, {"shape": (1,)}, {"size": 1}, {"factor": 1},
    {"padding": 1}, {"edges": 1}, {"groups": 1, "channels": 1}, {"start": 0, "stop": 1},
    _PAD, _POOL, _CONV, _LINEAR, _OPAQUE,
)  # fmt: skip


def test_json_of_a_bad_attribute_names_the_layer() -> None:
    builder = GraphBuilder("net", "test")
    builder.add("conv", Conv2d(4, 8, 3), [builder.add("image", Input((4, 5, 5)))])
    text = ha.to_json(builder.finish())
    assert ha.from_json(text.replace("[3, 3]", "3")) == ha.from_json(text)
    with pytest.raises(LayerError, match=r"kernel = \[3, 3, 3\]\n *where: 'conv', a conv2d layer"):
        ha.from_json(text.replace("[3, 3]", "[3, 3, 3]"))
