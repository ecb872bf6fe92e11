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
from henet_arch.support.errors import HenetArchError, LayerError, UnknownNameError

AvgPool2d: Any = layers.AvgPool2d  # which are given numbers and lists here, as at run time
Conv2d: Any = layers.Conv2d
Elementwise: Any = layers.Elementwise
LocalResponseNorm: Any = layers.LocalResponseNorm
HUGE = 10**40
NO_PAIRS = [(3, 3, 3), (), (3,), True, 0, -1, 2.0, float("nan"), "3", None, {1: 2}, HUGE, (1, 0)]


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


@given(
    kind=st.sampled_from(sorted(KINDS)),
    values=st.lists(_VALUES | st.lists(_VALUES, max_size=4), min_size=8, max_size=8),
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
    for guess in ({}, {"groups": 1}, {"channels": 1}, {"shape": (1,)}, {"size": 1}, _PAD, _POOL):
        try:
            return layers.layer(kind, guess)
        except LayerError:
            continue
    return layers.layer(kind, _CONV if kind == "conv2d" else _LINEAR)


_PAD = {"before": 1, "after": 1}
_POOL = {"kernel": 1, "stride": 1}
_CONV = {"in_channels": 1, "out_channels": 1, "kernel": 1}
_LINEAR = {"in_features": 1, "out_features": 1}


def test_json_of_a_bad_attribute_names_the_layer() -> None:
    builder = GraphBuilder("net", "test")
    builder.add("conv", Conv2d(4, 8, 3), [builder.add("image", Input((4, 5, 5)))])
    text = ha.to_json(builder.finish())
    assert ha.from_json(text.replace("[3, 3]", "3")) == ha.from_json(text)
    with pytest.raises(LayerError, match=r"kernel = \[3, 3, 3\]\n *where: 'conv', a conv2d layer"):
        ha.from_json(text.replace("[3, 3]", "[3, 3, 3]"))
