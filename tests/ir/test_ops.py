"""Operations against plain loops that count each one as they do it."""

from __future__ import annotations

from collections import Counter
from itertools import product
from math import prod

import pytest

from henet_arch.ir.dims import Shape
from henet_arch.ir.layer import KINDS, Layer, Ops
from henet_arch.ir.layers import (
    Add,
    AvgPool2d,
    BatchNorm2d,
    ChannelShuffle,
    Concat,
    Conv2d,
    Dropout,
    Elementwise,
    Flatten,
    GlobalAvgPool2d,
    Input,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    PadChannels,
    Softmax,
)


def _conv(layer: Conv2d, output: tuple[int, ...]) -> Counter[str]:
    done: Counter[str] = Counter()
    for _ in product(*map(range, output)):
        for _ in product(range(layer.in_channels // layer.groups), *map(range, layer.kernel)):
            done["mac"] += 1  # accumulator + input * weight
        if layer.bias:
            done["add"] += 1
    return done


def _norm(output: tuple[int, ...]) -> Counter[str]:
    done: Counter[str] = Counter()
    for _ in range(output[0]):
        # factor = scale / sqrt(variance + epsilon); shift = bias - mean * factor
        done.update(["add", "sqrt", "div", "mul", "add"])
        for _ in product(*map(range, output[1:])):
            done.update(["mul", "add"])
    return done


def _pool(taps: int, output: tuple[int, ...]) -> Counter[str]:
    done: Counter[str] = Counter()
    for _ in product(*map(range, output)):
        done.update(["add"] * (taps - 1) + ["div"])
    return done


def _softmax(channels: int, places: int) -> Counter[str]:
    done: Counter[str] = Counter()
    for _ in range(places):
        done["compare"] += channels - 1  # the largest
        for _ in range(channels):
            done.update(["add", "exp", "div"])  # less the largest; its exponential; its share
        done["add"] += channels - 1
    return done


def _response(size: int, output: tuple[int, ...]) -> Counter[str]:
    done: Counter[str] = Counter()
    for channel, *_ in product(*map(range, output)):
        window = range(channel - size // 2, channel + (size - 1) // 2 + 1)
        inside = [c for c in window if 0 <= c < output[0]]
        # own square; sum of squares; times alpha / size; plus k; power; quotient
        done.update(["mul"] + ["add"] * (len(inside) - 1) + ["mul", "add", "pow", "div"])
    return done


CASES: list[tuple[Layer, tuple[Shape, ...], Counter[str]]] = [
    (Input((3, 4, 5)), (), Counter()),
    (c := Conv2d(6, 4, (3, 2), (2, 1), (1, 0), groups=2), ((6, 5, 4),), _conv(c, (4, 3, 3))),
    (c := Conv2d(6, 6, (1, 1), groups=6, bias=False), ((6, 3, 3),), _conv(c, (6, 3, 3))),
    (BatchNorm2d(3), ((3, 4, 5),), _norm((3, 4, 5))),
    (Elementwise("relu"), ((3, 4, 5),), Counter(compare=60)),
    (Elementwise("relu6"), ((3, 4, 5),), Counter(compare=120)),
    (Elementwise("leaky_relu"), ((3, 4, 5),), Counter(compare=60, mul=60)),
    (Elementwise("elu"), ((3, 4, 5),), Counter(compare=60, exp=60, add=60, mul=60)),
    (Elementwise("hardsigmoid"), ((3, 4, 5),), Counter(add=60, compare=120, div=60)),
    (Elementwise("hardswish"), ((3, 4, 5),), Counter(add=60, compare=120, mul=60, div=60)),
    (Elementwise("sigmoid"), ((3, 4, 5),), Counter(exp=60, add=60, div=60)),
    (Elementwise("silu"), ((3, 4, 5),), Counter(exp=60, add=60, div=60)),
    (Elementwise("gelu"), ((3, 4, 5),), Counter(mul=180, add=60, erf=60)),
    (Elementwise("tanh"), ((3, 4, 5),), Counter(tanh=60)),
    (Dropout(0.5), ((3, 4, 5),), Counter()),
    (Softmax(), ((7,),), _softmax(7, 1)),
    (Softmax(), ((3, 2, 2),), _softmax(3, 4)),
    (LocalResponseNorm(5), ((7, 2, 2),), _response(5, (7, 2, 2))),
    (LocalResponseNorm(4), ((7, 1, 2),), _response(4, (7, 1, 2))),
    (LocalResponseNorm(9), ((3, 1, 2),), _response(9, (3, 1, 2))),
    (PadChannels(1, 2), ((3, 2, 2),), Counter()),
    (MaxPool2d((3, 2), (2, 2)), ((2, 5, 4),), Counter(compare=5 * 8)),
    (MaxPool2d((3, 3), (2, 2), ceil_mode=True), ((1, 4, 4),), Counter(compare=8 + 5 + 5 + 3)),
    (ChannelShuffle(3), ((6, 2, 2),), Counter()),
    (Add(), ((3, 4, 5),) * 3, Counter(add=2 * 60)),
    (Concat(), ((3, 4, 5),) * 2, Counter()),
    (AvgPool2d((3, 3), (2, 2)), ((2, 5, 5),), _pool(9, (2, 2, 2))),
    (GlobalAvgPool2d(), ((2, 4, 5),), _pool(20, (2, 1, 1))),
    (Flatten(), ((3, 4, 5),), Counter()),
    (Linear(7, 3), ((7,),), Counter(mac=21, add=3)),
    (Linear(7, 3, bias=False), ((7,),), Counter(mac=21)),
]


@pytest.mark.parametrize(
    ("layer", "inputs", "expected"), CASES, ids=lambda v: getattr(v, "kind", "")
)
def test_operations(layer: Layer, inputs: tuple[Shape, ...], expected: Counter[str]) -> None:
    assert layer.ops(inputs, layer.infer(*inputs)).to_dict() == expected


def test_every_kind_is_counted() -> None:
    assert {layer.kind for layer, _, _ in CASES} == set(KINDS)


@pytest.mark.parametrize(("layer", "inputs", "_"), CASES, ids=lambda v: getattr(v, "kind", ""))
def test_ungrouped_weights_are_the_dense_ones(
    layer: Layer, inputs: tuple[Shape, ...], _: object
) -> None:
    dense = layer.ungrouped()
    assert dense.infer(*inputs) == layer.infer(*inputs)
    groups = layer.attributes().get("groups", 1) if layer.weights() else 1
    weight = layer.weights().get("weight", ())
    assert prod(dense.weights().get("weight", ())) == prod(weight) * groups


def test_operations_add_up() -> None:
    assert Ops(mac=1, add=2) + Ops(mac=3, compare=4) == Ops(mac=4, add=2, compare=4)
    assert Ops.sum([]) == Ops()
