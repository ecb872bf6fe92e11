"""Operations against plain loops that count each one as they do it."""

from __future__ import annotations

from collections import Counter
from itertools import product
from math import prod

import pytest

from henet_arch.ir.dims import Shape
from henet_arch.ir.layer import KINDS, Layer, Ops
from henet_arch.ir.layers import (
    AdaptiveAvgPool2d,
    AdaptiveMaxPool2d,
    Add,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    ChannelMax,
    ChannelMean,
    ChannelShuffle,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Crop2d,
    Divide,
    Dropout,
    Elementwise,
    Flatten,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    GroupNorm,
    Input,
    LayerNorm,
    Linear,
    LocalResponseNorm,
    Maximum,
    MaxPool2d,
    Minimum,
    Multiply,
    Opaque,
    Pad2d,
    PadChannels,
    PixelShuffle,
    PixelUnshuffle,
    PReLU,
    Resize,
    Scale,
    SliceChannels,
    Softmax,
    Subtract,
    Unflatten,
)


def _conv(layer: Conv2d, output: tuple[int, ...]) -> Counter[str]:
    done: Counter[str] = Counter()
    for _ in product(*map(range, output)):
        for _ in product(range(layer.in_channels // layer.groups), *map(range, layer.kernel)):
            done["mac"] += 1  # accumulator + input * weight
        if layer.bias:
            done["add"] += 1
    return done


def _transposed(layer: ConvTranspose2d, image: tuple[int, ...], output: int) -> Counter[str]:
    done: Counter[str] = Counter()
    for _ in product(*map(range, image)):
        for _ in product(range(layer.out_channels // layer.groups), *map(range, layer.kernel)):
            done["mac"] += 1  # element of the output + input * weight
    if layer.bias:
        done["add"] += output
    return done


def _norm(output: tuple[int, ...], affine: bool = True) -> Counter[str]:
    done: Counter[str] = Counter()
    for _ in range(output[0]):
        # factor = scale / sqrt(variance + epsilon); shift = bias - mean * factor
        done.update(["add", "sqrt", "div", "mul", *(["add"] if affine else [])])
        for _ in product(*map(range, output[1:])):
            done.update(["mul", "add"])
    return done


def _normalised(means: int, each: int, affine: bool, bias: bool) -> Counter[str]:
    done: Counter[str] = Counter()
    for _ in range(means):
        done.update(["add"] * (each - 1) + ["div"])  # the mean
        done.update(["add"] * each)  # the elements less the mean
        done.update(["mul"] * each + ["add"] * (each - 1) + ["div"])  # the variance
        done.update(["add", "sqrt", "div"])  # 1 / sqrt(variance + epsilon)
        done.update(["mul"] * each)
        done.update(["mul"] * each * affine + ["add"] * each * bias)
    return done


def _adaptive(size: tuple[int, int], output: tuple[int, int]) -> int:
    """Elements that the windows of PyTorch's adaptive pools have, by its formula."""
    taps = [
        sum(-(-(i + 1) * along // parts) - i * along // parts for i in range(parts))
        for along, parts in zip(size, output, strict=True)
    ]
    return taps[0] * taps[1]


def _resized(taps: int, elements: int) -> Counter[str]:
    done: Counter[str] = Counter()
    for _ in range(elements):
        for _ in range(taps + 1):  # along each row, and down the results
            done.update(["mul"] * taps + ["add"] * (taps - 1))
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
    (
        t := ConvTranspose2d(6, 4, (3, 2), (2, 1), (1, 0), groups=2),
        ((6, 5, 4),),
        _transposed(t, (6, 5, 4), 4 * 9 * 5),
    ),
    (
        t := ConvTranspose2d(6, 6, (2, 2), (2, 2), groups=6, bias=False),
        ((6, 3, 3),),
        _transposed(t, (6, 3, 3), 0),
    ),
    (BatchNorm2d(3), ((3, 4, 5),), _norm((3, 4, 5))),
    (BatchNorm2d(3, affine=False), ((3, 4, 5),), _norm((3, 4, 5), False)),
    (BatchNorm1d(7), ((7,),), _norm((7,))),
    (LayerNorm(3), ((3, 4, 5),), _normalised(20, 3, True, True)),
    (LayerNorm(7, bias=False), ((7,),), _normalised(1, 7, True, False)),
    (GroupNorm(2, 4), ((4, 2, 3),), _normalised(2, 12, True, True)),
    (GroupNorm(4, 4, affine=False), ((4, 2, 3),), _normalised(4, 6, False, False)),
    (Scale(3), ((3, 4, 5),), Counter(mul=60, add=60)),
    (Scale(7, bias=False), ((7,),), Counter(mul=7)),
    (PReLU(3), ((3, 4, 5),), Counter(compare=60, mul=60)),
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
    (Elementwise("gelu_tanh"), ((3, 4, 5),), Counter(mul=360, add=120, tanh=60)),
    (
        Elementwise("softplus"),
        ((3, 4, 5),),
        Counter(mul=60, compare=60, exp=60, add=60, log=60, div=60),
    ),
    (
        Elementwise("mish"),
        ((3, 4, 5),),
        Counter(compare=60, exp=60, add=60, log=60, tanh=60, mul=60),
    ),
    (Elementwise("clip"), ((3, 4, 5),), Counter(compare=120)),
    (Elementwise("exp"), ((3, 4, 5),), Counter(exp=60)),
    (Elementwise("log"), ((3, 4, 5),), Counter(log=60)),
    (Elementwise("sqrt"), ((3, 4, 5),), Counter(sqrt=60)),
    (Elementwise("abs"), ((3, 4, 5),), Counter(compare=60)),
    (Elementwise("reciprocal"), ((3, 4, 5),), Counter(div=60)),
    (Elementwise("square"), ((3, 4, 5),), Counter(mul=60)),
    (Elementwise("power", (2.5,)), ((3, 4, 5),), Counter(pow=60)),
    (Elementwise("affine"), ((3, 4, 5),), Counter()),
    (Elementwise("affine", (2.0, 0.0)), ((3, 4, 5),), Counter(mul=60)),
    (Elementwise("affine", (2.0, 1.0)), ((7,),), Counter(mul=7, add=7)),
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
    (Multiply(), ((3, 4, 5), (3, 1, 1), (1, 4, 5)), Counter(mul=2 * 60)),
    (Subtract(), ((3, 1, 1), (3, 4, 5)), Counter(add=60)),
    (Divide(), ((7,), (7,)), Counter(div=7)),
    (Maximum(), ((3, 4, 5),) * 3, Counter(compare=2 * 60)),
    (Minimum(), ((3, 4, 5),) * 2, Counter(compare=60)),
    (Concat(), ((3, 4, 5),) * 2, Counter()),
    (Concat(), ((3,), (4,)), Counter()),
    (SliceChannels(1, 6, 2), ((6, 2, 2),), Counter()),
    (PixelShuffle(2), ((8, 2, 2),), Counter()),
    (PixelUnshuffle(2), ((2, 4, 4),), Counter()),
    (Pad2d((1, 0, 2, 1)), ((2, 4, 4),), Counter()),
    (Crop2d((1, 0, 2, 1)), ((2, 4, 4),), Counter()),
    (Resize((2.0, 2.0)), ((2, 4, 5),), Counter()),
    (Resize((2.0, 1.0), mode="bilinear"), ((2, 4, 5),), _resized(2, 2 * 8 * 5)),
    (Resize(size=(3, 7), mode="bicubic"), ((2, 4, 5),), _resized(4, 2 * 3 * 7)),
    (ChannelMean(), ((7, 2, 3),), _pool(7, (1, 2, 3))),
    (ChannelMax(), ((7, 2, 3),), Counter(compare=6 * 6)),
    (AvgPool2d((3, 3), (2, 2)), ((2, 5, 5),), _pool(9, (2, 2, 2))),
    (GlobalAvgPool2d(), ((2, 4, 5),), _pool(20, (2, 1, 1))),
    (GlobalMaxPool2d(), ((2, 4, 5),), Counter(compare=2 * 19)),
    (
        AdaptiveAvgPool2d((3, 2)),
        ((2, 7, 4),),
        Counter(add=2 * (_adaptive((7, 4), (3, 2)) - 6), div=2 * 6),
    ),
    (
        AdaptiveMaxPool2d((3, 7)),
        ((2, 7, 4),),
        Counter(compare=2 * (_adaptive((7, 4), (3, 7)) - 21)),
    ),
    (Flatten(), ((3, 4, 5),), Counter()),
    (Unflatten(), ((7,),), Counter()),
    (Opaque("aten.roll", ((3, 4, 5),), (3, 4, 5), cost=()), ((3, 4, 5),), Counter()),
    (
        Opaque("aten.matmul", ((2, 3), (3, 4)), (2, 4), cost=(("mac", 24),)),
        ((2, 3), (3, 4)),
        Counter(mac=24),
    ),
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
    weight = layer.weights().get("weight", ())
    groups = layer.attributes().get("groups", 1) if len(weight) > 1 else 1
    assert prod(dense.weights().get("weight", ())) == prod(weight) * groups


def test_operations_add_up() -> None:
    assert Ops(mac=1, add=2) + Ops(mac=3, compare=4) == Ops(mac=4, add=2, compare=4)
    assert Ops.sum([]) == Ops()
