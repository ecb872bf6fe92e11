"""Convolutions whose lanes are output channels, of all shapes, on every instruction set."""

from __future__ import annotations

import shutil
from unittest.mock import patch

import pytest
from examples import examples
from henet_arch.emitters.c import window_loops
from henet_arch.emitters.c.matrix import vectors_at_once
from hypothesis import given
from hypothesis import strategies as st
from instruction_sets import SETS
from lowering.wiring import Net

from henet_arch.ir.dims import Window
from henet_arch.ir.graph import Graph, Node
from henet_arch.ir.layers import Conv2d, Elementwise, GlobalAvgPool2d, Multiply
from henet_arch.lowering import matrix, select_kernels
from henet_arch.lowering.matrix import panels, stretches
from henet_arch.lowering.registers import ROOM
from henet_arch.lowering.vectors import WIDEST
from henet_arch.lowering.window_loop import WindowLoop
from henet_arch.lowering.winograd import has_columns

pytest.importorskip("numpy")
pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")

from c_nearness import check_c  # noqa: E402


def _always(loop: WindowLoop) -> bool:
    return not loop.packed and not loop.largest


@st.composite
def convolutions(draw: st.DrawFn, heights: tuple[int, ...] = (1, 2, 3, 4, 5)) -> Graph:
    """A convolution of any shape whose room others read, with any last act."""
    size = st.integers(1, 19)
    groups, inputs, outputs = (draw(st.integers(1, most)) for most in (3, 9, 61))
    kernel = (draw(st.sampled_from(heights)), draw(st.integers(1, 5)))
    if draw(st.booleans()):  # sums that are made of pieces
        inputs, kernel = 260 // heights[0] + inputs, (heights[0], 1)
    net = Net(groups * inputs, draw(size), draw(size))
    dilation = (draw(st.integers(1, 2)) if 1 in heights else 1, draw(st.integers(1, 2)))
    padding = (kernel[0] * dilation[0] // 2, kernel[1] * dilation[1] // 2)
    channels = groups * inputs, groups * outputs
    layer = Conv2d(*channels, kernel, (1, 1), padding, dilation, groups)
    conv = net.put("conv", layer, net.image)
    last = _last(net, conv, draw(st.sampled_from(("nothing", "relu", "gelu", "sum", "factor"))))
    return net.finish([net.conv("reader", last, groups * outputs, 3, groups=groups * outputs)])


def _last(net: Net, conv: Node, act: str) -> Node:
    if act in ("relu", "gelu"):
        return net.put("act", Elementwise(act), conv)
    if act == "sum":
        twin = net.put("twin", conv.layer, net.image)
        return net.sum("sum", conv, net.relu("other", twin))
    if act == "factor":
        gate = net.conv("gate", net.put("mean", GlobalAvgPool2d(), net.image), int(conv.channels))
        return net.put("scaled", Multiply(), conv, gate)
    return conv


@given(convolutions(), st.sampled_from(sorted(SETS)))
@examples(6)
def test_any_convolution(graph: Graph, name: str) -> None:
    with patch.object(select_kernels, "is_matrix", _always), NO_WINOGRAD:
        check_c(graph, SETS[name])


@given(convolutions(), st.sampled_from(sorted(SETS)))
@examples(6)
def test_bands_of_a_plane(graph: Graph, name: str) -> None:
    narrow = {many: room._replace(cached=100, band=16) for many, room in ROOM.items()}
    bands = patch.object(window_loops, "ROOM", narrow)
    with patch.object(select_kernels, "is_matrix", lambda loop: False), NO_WINOGRAD, bands:
        check_c(graph, SETS[name])


@given(convolutions((3, 5)), st.booleans(), st.sampled_from(sorted(SETS)))
@examples(6)
def test_any_transformed_convolution(graph: Graph, by_channels: bool, name: str) -> None:
    def chosen(loop: WindowLoop) -> bool:
        return by_channels or not has_columns(loop)

    with patch.multiple(select_kernels, is_worth_it=lambda loop: True, is_by_channels=chosen):
        check_c(graph, SETS[name])


NO_WINOGRAD = patch.object(select_kernels, "is_open", lambda loop: False)


@pytest.mark.parametrize("registers", ROOM)
@pytest.mark.parametrize("size", range(1, max(matrix.PANELS) + 1))
def test_sums_and_what_they_multiply_fit_the_registers(registers: int, size: int) -> None:
    vectors = vectors_at_once(size, registers)
    sums = ROOM[registers].sums // vectors * vectors
    assert sums + vectors + 1 <= registers
    assert 2 * sums > registers
    narrow = size * WIDEST // (16 if registers == 32 else 8)
    assert narrow % vectors == 0


@given(st.integers(1, 400), st.integers(1, 64), st.integers(1, 24))
@examples(50)
def test_panels_and_stretches_cover_all_and_are_alike(
    outputs: int, columns: int, most: int
) -> None:
    window = Window((1, 1), (1, 1), (0, 0))
    loop = WindowLoop(False, 1, 8, outputs, window, (3, columns), (3, columns))
    sizes, parts = panels(loop), list(stretches(columns, most))
    assert 16 * (sum(sizes) - 1) < outputs <= 16 * sum(sizes)
    assert max(sizes) <= max(matrix.PANELS)
    assert sum(parts) == columns
    assert max(parts) <= most
    for one in (sizes, parts):
        assert sorted(one, reverse=True) == one
        assert one[0] - one[-1] <= 1
