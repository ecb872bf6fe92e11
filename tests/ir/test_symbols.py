"""Layers take sympy symbols for sizes, and an open question is never decided."""

from __future__ import annotations

from typing import Any

import pytest
import sympy

from henet_arch.ir import layers
from henet_arch.ir.dims import Window, certainly_below, divides
from henet_arch.ir.graph import GraphBuilder
from henet_arch.ir.layer import Layer
from henet_arch.ir.layers import (
    Add,
    BatchNorm2d,
    ChannelShuffle,
    Concat,
    Conv2d,
    Flatten,
    Input,
    Linear,
)
from henet_arch.support.errors import GroupingError, ShapeError

C, H, W, K = sympy.symbols("C H W K", integer=True, positive=True)


def test_divides_has_three_answers() -> None:
    assert divides(6, 24) is True
    assert divides(6, 25) is False
    assert divides(6, C) is None
    assert divides(6, 6 * C) is True
    assert divides(6, 6 * C + 1) is False


def test_is_below_says_yes_only_where_it_is_certain() -> None:
    assert certainly_below(0, 1)
    assert not certainly_below(C, 1)
    assert not certainly_below(C - 1, 1)
    assert certainly_below(-C, 1)


def test_a_network_of_symbols_has_the_sizes_of_its_numbers() -> None:
    builder = GraphBuilder("net", "test")
    x = builder.add("input", Input((3, H, W)))
    x = builder.add("conv", Conv2d(3, 2 * C, (3, 3), (2, 2)), [x])
    x = builder.add("bn", BatchNorm2d(2 * C), [x])
    x = builder.add("shuffle", ChannelShuffle(2), [x])
    y = builder.add("grouped", Conv2d(2 * C, 2 * C, (3, 3), padding=(1, 1), groups=2), [x])
    x = builder.add("join", Concat(), [builder.add("add", Add(), [y, x]), x])
    x = builder.add("flat", Flatten(), [x])
    builder.add("fc", Linear(x.channels, K), [x])
    graph = builder.finish()
    macs: Any = sum(node.layer.ops(node.input_shapes, node.shape).mac for node in graph)
    numbers = {C: 6, H: 31, W: 15, K: 10}
    height, width = Window((3, 3), (2, 2), (0, 0)).output(31, 15)
    plane = height * width
    expected = 12 * 27 * plane + 12 * 6 * 9 * plane + 24 * plane * 10
    assert macs.subs(numbers) == expected
    assert [sympy.sympify(size).subs(numbers) for size in graph["join"].shape] == [
        24,
        height,
        width,
    ]


S: Any = sympy.Symbol("S", integer=True, positive=True)
SYMBOLIC: list[tuple[Layer, tuple[Any, ...]]] = [
    (layers.ConvTranspose2d(4, 6, (3, 3), (2, 1), (1, 0), (1, 0)), ((4, S, 5),)),
    (layers.LayerNorm(4), ((4, S, 5),)),
    (layers.GroupNorm(2, 4), ((4, S, S),)),
    (layers.BatchNorm1d(S), ((S,),)),
    (layers.Scale(S), ((S, 2, 2),)),
    (layers.PReLU(S), ((S, 2, 2),)),
    (layers.Multiply(), ((4, S, 5), (4, 1, 1))),
    (layers.Maximum(), ((1, S, 5), (4, S, 5))),
    (layers.Concat(), ((S,), (2 * S,))),
    (layers.SliceChannels(S, 2 * S), ((4 * S, 2, 2),)),
    (layers.PixelShuffle(2), ((4 * S, S, 3),)),
    (layers.PixelUnshuffle(2), ((3, 2 * S, 4),)),
    (layers.Pad2d((1, 2, 0, 1)), ((3, S, 4),)),
    (layers.Crop2d((0, 1, 0, 1)), ((3, S + 1, 4),)),
    (layers.Crop2d((0, 0, 1, 1), (2, 1)), ((3, S, 4),)),
    (layers.Resize((2.0, 0.5)), ((3, S, 2 * S),)),
    (layers.Resize((1 / 3, 1.5), mode="bilinear"), ((3, 3 * S, 2 * S),)),
    (layers.Resize(size=(3, 4), mode="bicubic"), ((3, S, S),)),
    (layers.ChannelMean(), ((S, S, 2),)),
    (layers.ChannelMax(), ((S, S, 2),)),
    (layers.GlobalMaxPool2d(), ((S, S, 2),)),
    (layers.AdaptiveAvgPool2d((1, 1)), ((3, S, S),)),
    (layers.Unflatten(), ((S,),)),
    (layers.Elementwise("affine", (2.0, 1.0)), ((S, 2),)),
]


@pytest.mark.parametrize(("layer", "shapes"), SYMBOLIC, ids=lambda v: getattr(v, "kind", ""))
@pytest.mark.parametrize("size", [2, 7])
def test_shapes_and_counts_in_symbols_are_those_of_numbers(
    layer: Layer, shapes: tuple[Any, ...], size: int
) -> None:
    def of(value: Any) -> Any:
        return int(sympy.sympify(value).subs(S, size))

    fields = {k: of(v) if isinstance(v, sympy.Expr) else v for k, v in layer.attributes().items()}
    counted = layers.layer(layer.kind, fields)
    numbers = tuple(tuple(map(of, shape)) for shape in shapes)
    shape, expected = layer.infer(*shapes), counted.infer(*numbers)
    assert tuple(map(of, shape)) == expected
    assert tuple(map(of, layer.ops(shapes, shape))) == counted.ops(numbers, expected)
    held = {name: tuple(map(of, own)) for name, own in layer.weights().items()}
    assert held == counted.weights()


def test_what_is_certainly_wrong_is_refused() -> None:
    with pytest.raises(ShapeError, match="cannot multiply"):
        layers.Multiply().infer((4, H, W), (4, H + 1, W))
    with pytest.raises(ShapeError, match="a slice up to channel"):
        layers.SliceChannels(0, C + 1).infer((C, H, W))
    with pytest.raises(GroupingError, match="2 groups do not divide 2\\*C \\+ 1"):
        Conv2d(2 * C + 1, 4, (1, 1), groups=2).infer((2 * C + 1, H, W))
    with pytest.raises(ShapeError, match="but meets"):
        BatchNorm2d(C).infer((C + 1, H, W))
