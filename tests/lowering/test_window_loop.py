"""Windows as taps over phases: their sums, evaluated one by one, are PyTorch's convolution."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from examples import examples
from hypothesis import assume, given
from hypothesis import strategies as st
from lowering.wiring import Net, step_of, taps

from henet_arch.ir.graph import GraphBuilder, Node
from henet_arch.ir.layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Elementwise,
    Flatten,
    GlobalAvgPool2d,
    Linear,
    MaxPool2d,
)
from henet_arch.lowering.elide_moves import elide_moves
from henet_arch.lowering.program import Step
from henet_arch.lowering.scratch import packed
from henet_arch.lowering.window_loop import WindowLoop, is_mean, is_uneven, window_loop
from henet_arch.support.errors import ShapeError

F = torch.nn.functional
Tensor = Any


def _step(builder: GraphBuilder, node: Node) -> Step:
    return step_of(elide_moves(builder.finish()), node.name)


def _swept(builder: GraphBuilder, node: Node) -> WindowLoop:
    found = window_loop(_step(builder, node))
    assert found
    return found


def _pairs(low: int, high: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(low, high), st.integers(low, high))


@st.composite
def convolutions(draw: st.DrawFn) -> tuple[Net, Node]:
    groups = draw(st.integers(1, 3))
    net = Net(groups * draw(st.integers(1, 2)), *draw(_pairs(1, 9)))
    conv = Conv2d(
        net.image.channels, groups * draw(st.integers(1, 2)), draw(_pairs(1, 4)),
        draw(_pairs(1, 3)), draw(_pairs(0, 3)), draw(_pairs(1, 2)), groups,
    )  # fmt: skip
    return net, _put(net, conv)


@st.composite
def poolings(draw: st.DrawFn, kind: type[AvgPool2d] | type[MaxPool2d]) -> tuple[Net, Node]:
    net = Net(2, *draw(_pairs(1, 9)))
    size = draw(_pairs(1, 4))
    pad = draw(st.integers(0, size[0] // 2)), draw(st.integers(0, size[1] // 2))
    return net, _put(net, kind(size, draw(_pairs(1, 3)), pad, draw(st.booleans())))


def _put(net: Net, layer: Any) -> Node:
    try:
        return net.put("layer", layer, net.image)
    except ShapeError:
        assume(False)
        raise


def _reads(found: WindowLoop) -> list[list[tuple[int, int, int, int, int]]]:
    """For each tap: output row and column, and phase, row and column that are read."""
    rows, columns = found.size
    return [
        [(y, x, phase, y + down, x + right) for y in range(rows) for x in range(columns)]
        for phase, down, right in taps(found)
    ]


def _phases(found: WindowLoop, plane: Tensor) -> list[Tensor]:
    a, b = found.window.stride
    cut = [plane[y::a, x::b] for y, x in found.phases]
    assert [tuple(phase.shape) for phase in cut] == [
        found.phase_size(index) for index in range(len(cut))
    ]
    return cut


def _taken(found: WindowLoop, plane: Tensor, around: float) -> Tensor:
    """For each tap and output what the window reads there, `around` beyond the phase."""
    phases = _phases(found, plane)
    taken = torch.full((len(taps(found)), *found.size), around, dtype=plane.dtype)
    for tap, reads in enumerate(_reads(found)):
        for y, x, phase, row, column in reads:
            height, width = phases[phase].shape
            if 0 <= row < height and 0 <= column < width:
                taken[tap, y, x] = phases[phase][row, column]
    return taken


def _sums(found: WindowLoop, image: Tensor, weight: Tensor) -> Tensor:
    """`weight` as [group][output][input][tap]."""
    made = []
    for group in range(found.groups):
        first = group * found.inputs
        taken = torch.stack([_taken(found, image[first + i], 0) for i in range(found.inputs)])
        made.append(torch.einsum("oit,ityx->oyx", weight[group], taken))
    return torch.cat(made)


def _numbers(*shape: int) -> Tensor:
    torch.manual_seed(0)
    return torch.randint(-9, 10, shape).double()


@given(convolutions())
@examples(60)
def test_sums_of_taps_are_the_convolution(made: tuple[Net, Node]) -> None:
    net, node = made
    found, conv = _swept(net, node), node.layer
    assert isinstance(conv, Conv2d)
    image, weight = _numbers(*net.image.shape), _numbers(*conv.weights()["weight"])
    window = conv.stride, conv.padding, conv.dilation
    expected = F.conv2d(image[None], weight, None, *window, conv.groups)[0]
    shaped = weight.reshape(found.groups, found.outputs, found.inputs, len(taps(found)))
    assert torch.equal(_sums(found, image, shaped), expected)


@given(poolings(MaxPool2d))
@examples(40)
def test_the_largest_of_taps_is_the_pooling(made: tuple[Net, Node]) -> None:
    net, node = made
    found, pool = _swept(net, node), node.layer
    assert isinstance(pool, MaxPool2d)
    assert found.largest
    image = _numbers(*net.image.shape)
    window = pool.kernel, pool.stride, pool.padding
    expected = F.max_pool2d(image[None], *window, ceil_mode=pool.ceil_mode)[0]
    taken = [_taken(found, plane, -torch.inf).amax(0) for plane in image]
    assert torch.equal(torch.stack(taken), expected)


@given(poolings(AvgPool2d))
@examples(60)
def test_a_mean_has_one_divisor_or_is_uneven(made: tuple[Net, Node]) -> None:
    """PyTorch cuts a last window that reaches over the edge, and divides by what is left."""
    net, node = made
    step, pool = _step(net, node), node.layer
    assert isinstance(pool, AvgPool2d)
    ones = torch.ones(1, *net.image.shape, dtype=torch.float64)
    window = pool.kernel, pool.stride, pool.padding, pool.ceil_mode
    share = 1 / (pool.kernel[0] * pool.kernel[1])
    sums = F.avg_pool2d(ones, *window, divisor_override=1)
    even = torch.allclose(sums * share, F.avg_pool2d(ones, *window))
    assert even or is_uneven(step)
    if is_uneven(step):
        assert window_loop(step) is None
        return
    image = _numbers(*net.image.shape)
    expected = F.avg_pool2d(image[None], *window)[0]
    found = window_loop(step)
    if found is None:
        assert is_mean(step)
        torch.testing.assert_close(image.mean((1, 2), keepdim=True), expected)
        return
    weight = torch.full((found.groups, 1, 1, len(taps(found))), share, dtype=torch.float64)
    torch.testing.assert_close(_sums(found, image, weight), expected)


@given(convolutions() | poolings(MaxPool2d))
@examples(80)
def test_margins_are_as_far_as_windows_reach(made: tuple[Net, Node]) -> None:
    found = _swept(*made)
    reads = [read for tap in _reads(found) for read in tap]
    rows, columns = [read[3] for read in reads], [read[4] for read in reads]
    assert found.height == max(found.phase_size(i)[0] for i in range(len(found.phases)))
    below = max(rows) - (found.height - 1)
    assert found.margins == (max(-min(rows), below, 0), max(-min(columns), 0))
    padding = any(
        not (0 <= row < found.phase_size(phase)[0] and 0 <= column < found.phase_size(phase)[1])
        for _, _, phase, row, column in reads
    )
    if found.window.stride == (1, 1):
        assert found.overlaps == padding
    assert found.packed == (found.window.stride != (1, 1) or (found.largest and padding))


@given(convolutions() | poolings(MaxPool2d), st.integers(0, 3))
@examples(80)
def test_no_tap_meets_another_row_phase_or_plane(made: tuple[Net, Node], more: int) -> None:
    found = _swept(*made)
    _check_addresses(found, found.row + more)


@pytest.mark.parametrize("kernel", [(3, 3), (2, 3), (4, 4)])
def test_a_window_that_reaches_over_the_edge_has_room(kernel: tuple[int, int]) -> None:
    net = Net(2, 7, 4)
    layer = MaxPool2d(kernel, (2, 2), ceil_mode=True)
    found = _swept(net, net.put("layer", layer, net.image))
    _check_addresses(found, found.row)


def _check_addresses(found: WindowLoop, row: int) -> None:
    """Phases as they are packed, one behind the other, and read by their addresses."""
    room = packed(found, row)
    owner: dict[int, tuple[int, int, int, int]] = {}
    for plane in range(found.inputs):
        for phase in range(len(found.phases)):
            height, width = found.phase_size(phase)
            start = room.lead + (plane * len(found.phases) + phase) * room.plane
            for y in range(height):
                for x in range(width):
                    assert owner.setdefault(start + y * row + x, (plane, phase, y, x)) == (
                        plane, phase, y, x,
                    )  # fmt: skip
    assert max(owner, default=0) < room.size
    for plane in range(found.inputs):
        for tap, reads in zip(taps(found), _reads(found), strict=True):
            start = room.lead + (plane * len(found.phases) + tap.phase) * room.plane
            for y, x, phase, in_row, in_column in reads:
                address = start + (y + tap.row) * row + x + tap.column
                height, width = found.phase_size(phase)
                inside = 0 <= in_row < height and 0 <= in_column < width
                expected = (plane, phase, in_row, in_column) if inside else None
                assert 0 <= address < room.size
                assert owner.get(address) == expected


@pytest.mark.parametrize(("kernel", "row"), [(1, 7), (3, 8), (5, 9)])
def test_rows_have_as_much_room_as_the_padding_on_one_side(kernel: int, row: int) -> None:
    net = Net(2, 7, 7)
    assert _swept(net, net.conv("layer", net.image, kernel=kernel)).row == row


def test_a_linear_layer_is_a_window_of_the_whole_map() -> None:
    net = Net(3, 2, 4)
    node = net.put("layer", Linear(24, 5), net.put("flatten", Flatten(), net.image))
    found = _swept(net, node)
    image, weight = _numbers(3, 2, 4), _numbers(5, 24)
    shaped = weight.reshape(1, 5, 3, 8)
    assert torch.equal(_sums(found, image, shaped).ravel(), F.linear(image.ravel(), weight))


def test_a_layer_that_works_on_each_element_is_a_window_of_one() -> None:
    net = Net()
    for node in (
        net.put("bn", BatchNorm2d(4), net.image),
        net.relu("relu", net.image),
        net.sum("add", net.image, net.image),
    ):
        found = _swept(net, node)
        assert (found.groups, found.inputs, found.outputs) == (4, 1, 1)
        assert (taps(found), found.margins, found.overlaps) == ([(0, 0, 0)], (0, 0), False)


def test_what_does_not_sweep() -> None:
    net = Net()
    assert window_loop(_step(net, net.image)) is None
    assert window_loop(_step(net, net.put("log", Elementwise("log"), net.image))) is None
    means = [
        net.put("mean", GlobalAvgPool2d(), net.image),
        net.put("whole", AvgPool2d((6, 5), (1, 1)), net.image),
    ]
    for node in means:
        assert is_mean(_step(net, node))
        assert window_loop(_step(net, node)) is None
    part = net.put("part", AvgPool2d((5, 5), (2, 2)), net.image)
    assert part.shape == (4, 1, 1)
    assert not is_mean(_step(net, part))
