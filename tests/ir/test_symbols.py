"""Layers take sympy symbols for sizes, and an open question is never decided."""

from __future__ import annotations

from typing import Any

import pytest
import sympy

from henet_arch.ir.dims import Window, certainly_below, divides
from henet_arch.ir.graph import GraphBuilder
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


def test_what_is_certainly_wrong_is_refused() -> None:
    with pytest.raises(GroupingError, match="2 groups do not divide 2\\*C \\+ 1"):
        Conv2d(2 * C + 1, 4, (1, 1), groups=2).infer((2 * C + 1, H, W))
    with pytest.raises(ShapeError, match="but meets"):
        BatchNorm2d(C).infer((C + 1, H, W))
