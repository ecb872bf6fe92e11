"""Steps that take turns over bands of a map, of all shapes, on every instruction set."""

from __future__ import annotations

import shutil
from typing import Any
from unittest.mock import patch

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from instruction_sets import SETS
from lowering.wiring import Net

import henet_arch as ha
from henet_arch.ir.graph import Graph
from henet_arch.ir.layers import Conv2d, Elementwise
from henet_arch.lowering import bands
from henet_arch.lowering.plan import plan

pytest.importorskip("numpy")
pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")

from c_nearness import check_c  # noqa: E402


@st.composite
def blocks(draw: st.DrawFn) -> Graph:
    """An expansion, a depthwise window with any padding, and a projection."""
    kernel, stride = draw(st.integers(2, 5)), draw(st.integers(1, 2))
    padding, channels = draw(st.integers(0, kernel - 1)), draw(st.integers(1, 9))
    net = Net(draw(st.integers(1, 5)), draw(st.integers(9, 24)), draw(st.integers(9, 40)))
    wide = net.put("wide", Elementwise("silu"), net.conv("expand", net.image, channels, 1))
    layer = Conv2d(
        channels, channels, (kernel,) * 2, (stride,) * 2, (padding,) * 2, groups=channels
    )
    deep = net.put("deep", Elementwise("relu"), net.put("window", layer, wide))
    last = net.conv("project", deep, draw(st.integers(1, 7)), 1)
    return net.finish([net.conv("reader", last, 3, 3)])


@given(blocks(), st.integers(200, 3000), st.sampled_from(sorted(SETS)))
@examples(8)
def test_steps_by_turns_compute_the_same(graph: Graph, held: int, name: str) -> None:
    with patch.multiple(bands, _CACHED=0, _HELD=held, _MOST_KEPT=9):
        check_c(graph, SETS[name])


@pytest.mark.parametrize(("stride", "rows"), [(1, 36), (2, 18)])
def test_a_map_that_no_cache_holds_is_held_in_part(stride: int, rows: int) -> None:
    net = Net(4, 150, 150)
    conv = net.conv("expand", net.image, 24, 1)
    layer = Conv2d(24, 24, (3, 3), (stride, stride), (1, 1), groups=24)
    made = plan(net.finish([net.put("window", layer, conv)]))
    (band,) = made.layout.bands
    assert (band.first.name, band.second.name, band.rows) == ("expand", "window", rows)
    assert band.kept == 3 - stride
    lying = made.layout.points["expand", 0]
    assert lying.size[0] == band.held == stride * (rows - 1) + 3


@pytest.mark.parametrize("padding", [(4, 4), (0, 5, 1, 1), (5, 0, 1, 1)])
def test_a_padding_that_no_window_fills(padding: Any) -> None:
    """Windows of padding alone are no band of the map, above it and below it."""
    net = Net(3, 23, 19)
    other = net.conv("other", net.image, 8, 1)
    wide = net.conv("wide", net.image, 8, 1)
    deep = net.put("deep", Conv2d(8, 8, (3, 3), (1, 1), padding, groups=8), wide)
    graph = net.finish([deep, net.put("last", Elementwise("tanh"), other)])
    for held in (300, 900, 2000, 3000):
        with patch.multiple(bands, _CACHED=0, _HELD=held, _MOST_KEPT=9):
            verification = ha.verify(graph, "c")
            assert verification.holds, verification
