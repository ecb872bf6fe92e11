"""Where elements lie: every address that a window reads, one by one, against what must be there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from examples import examples
from hypothesis import given
from lowering.wiring import Net, plans, taps

import henet_arch as ha
from henet_arch.ir.layers import Conv2d, GlobalAvgPool2d, MaxPool2d, PadChannels
from henet_arch.lowering.layout import PlaneLayout
from henet_arch.lowering.plan import Plan, plan
from henet_arch.lowering.program import ZERO, Step, points_of
from henet_arch.lowering.select_kernels import SINGLE
from henet_arch.lowering.vectors import rounded
from henet_arch.lowering.window_loop import WindowLoop, window_loop
from henet_arch.lowering.zeros import source_row

np = pytest.importorskip("numpy")
Array = Any
Point = tuple[str, int]
PLANS = examples(20)
SWEEPING = ("direct", "matrix", "depthwise", "strips", "winograd", "winograd_matrix", "largest")


def _sliding(made: Plan) -> Iterator[tuple[Step, WindowLoop]]:
    """The steps that slide over planes where they lie."""
    for step in made.program.steps:
        found = window_loop(step)
        if found and made.choices[step.name].kernel in SWEEPING and not found.packed:
            yield step, found


def _strides(made: Plan) -> Iterator[tuple[Step, WindowLoop]]:
    """The steps with a stride that read planes where they lie."""
    for step in made.program.steps:
        found = window_loop(step)
        if found and made.choices[step.name].kernel == "strips" and found.packed:
            yield step, found


def _framed(found: WindowLoop, row: int) -> tuple[Array, Array]:
    """As `_reads`, of planes that are not parted into phases."""
    height, width = found.size_in
    down, across = found.rows, found.columns
    y = np.arange(down.size)[:, None] * down.stride + np.array(down.starts)
    x = np.arange(across.size)[:, None] * across.stride + np.array(across.starts)
    rows, columns = y.reshape(-1, 1), x.reshape(1, -1)
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    return rows * row + columns, inside


def _reads(found: WindowLoop, row: int) -> tuple[Array, Array]:
    """For each output and tap the address in a plane, and whether an element is meant."""
    height, width = found.size_in
    y = np.arange(found.size[0])[:, None, None]
    x = np.arange(found.size[1])[None, :, None]
    down = np.array([tap.row for tap in taps(found)])
    right = np.array([tap.column for tap in taps(found)])
    rows, columns = y + down, x + right
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    return rows * row + columns, inside


def _elements(lying: PlaneLayout, channels: int) -> Array:
    """For each address of a map, from its lead on, the number of its element, or -1."""
    owner = np.full(lying.lead + channels * lying.plane, -1)
    rows, columns = np.mgrid[: lying.size[0], : lying.size[1]]
    for channel in range(channels):
        at = lying.lead + channel * lying.plane + rows * lying.row + columns
        assert (owner[at] == -1).all()
        owner[at] = (channel * lying.size[0] + rows) * lying.size[1] + columns
    return owner


@given(plans())
@PLANS
def test_maps_have_their_sizes_and_room_for_whole_vectors(made: Plan) -> None:
    for step in made.program.steps:
        for point in made.program.stored[step.name]:
            lying = made.layout.points[step.name, point]
            assert lying.size == step.size
            assert lying.row >= step.size[1]
            assert lying.plane >= lying.length == step.size[0] * lying.row
            if made.choices[step.name].kernel not in SINGLE:
                assert lying.plane >= rounded(lying.length)
            assert lying.lead % 16 == 0
    stored = {(n, p) for n, points in made.program.stored.items() for p in points}
    assert made.layout.points.keys() == stored


@given(plans())
@PLANS
def test_what_a_step_slides_over_adds_and_makes_has_one_distance_between_rows(made: Plan) -> None:
    for step in made.program.steps:
        found = window_loop(step)
        if not found or made.choices[step.name].kernel not in SWEEPING:
            continue
        alike = [(step.name, point) for point in made.program.stored[step.name]]
        for finish in step.epilogues:
            for operand in finish.planar:
                alike += points_of(operand)
        if not found.packed:
            alike += points_of(step.source.planes)
        rows = {made.layout.points[point].row for point in alike}
        assert rows == {made.layout.rows[step.name]}
        assert made.layout.rows[step.name] >= found.row
    for planes in (*(s.source.planes for s in made.program.steps), *_outputs(made)):
        assert len({made.layout.points[point].row for point in points_of(planes)}) <= 1


def _outputs(made: Plan) -> list[Any]:
    return [value.planes for value in made.program.outputs]


@given(plans())
@PLANS
def test_a_tap_meets_its_element_or_room_in_the_same_map(made: Plan) -> None:
    each = [(step, found, _reads) for step, found in _sliding(made)]
    each += [(step, found, _framed) for step, found in _strides(made)]
    for step, found, reads in each:
        addresses, inside = reads(found, source_row(made.layout, step))
        height, width = found.size_in
        numbers = np.arange(height * width).reshape(height, width)
        for point in points_of(step.source.planes):
            channels = made.program.steps[made.program.order[point[0]]].channels
            lying = made.layout.points[point]
            owner = _elements(lying, channels)
            for channel in {0, channels // 2, channels - 1}:
                at = lying.lead + channel * lying.plane + addresses
                assert at.min() >= 0
                assert at.max() < len(owner)
                met = owner[at]
                assert (met[~inside] == -1).all()
                rows, columns = np.divmod(addresses[inside], lying.row)
                wanted = channel * height * width + numbers[rows, columns]
                assert (met[inside] == wanted).all()


@given(plans())
@PLANS
def test_clean_are_exactly_the_maps_whose_room_is_read(made: Plan) -> None:
    """By windows and means, and by sums that are clean themselves."""
    needed: set[Point] = set()
    for step, found in _sliding(made):
        if not _reads(found, made.layout.rows[step.name])[1].all():
            needed |= set(points_of(step.source.planes))
    for step, found in _strides(made):
        if not _framed(found, 1)[1].all():
            needed |= set(points_of(step.source.planes))
    for step in made.program.steps:
        if made.choices[step.name].kernel == "mean":
            needed |= set(points_of(step.source.planes))
    before = -1
    while before < len(needed):
        before = len(needed)
        for step in made.program.steps:
            if made.choices[step.name].kernel == "lanes":
                continue
            stored = made.program.stored[step.name]
            last = max((p for p in stored if (step.name, p) in needed), default=0)
            for finish in step.epilogues[:last]:
                for operand in finish.operands:
                    needed |= set(points_of(operand))
    assert made.layout.clean == needed


@given(plans())
@PLANS
def test_a_plane_of_zeros_is_as_long_as_its_readers_need(made: Plan) -> None:
    _check_zeros(made)


def _check_zeros(made: Plan) -> None:
    assert 0 <= made.zeros.lead <= made.zeros.size
    for step, found in _sliding(made):
        row = made.layout.rows[step.name]
        if ZERO in step.source.planes:
            at = made.zeros.lead + _reads(found, row)[0]
            assert at.min() >= 0
            assert at.max() < made.zeros.size
        if made.choices[step.name].kernel.startswith("winograd"):
            assert made.zeros.size >= rounded(row)
    for step in made.program.steps:
        height, width = step.size if step.node.inputs else (0, 0)
        if any(ZERO in operand for finish in step.epilogues for operand in finish.operands):
            end = made.zeros.lead + (height - 1) * made.layout.rows[step.name] + width
            assert end <= made.zeros.size
        if ZERO in step.source.planes:
            height, width = step.source.size
            rows = {made.layout.points[p].row for p in points_of(step.source.planes)} or {width}
            assert made.zeros.lead + (height - 1) * max(rows) + width <= made.zeros.size


@pytest.mark.parametrize(
    "layer",
    [
        Conv2d(7, 4, (3, 3), padding=(1, 1)),
        Conv2d(7, 4, (5, 5), padding=(4, 4)),
        Conv2d(7, 7, (3, 3), padding=(2, 2), dilation=(2, 2), groups=7),
        Conv2d(7, 4, (3, 3), (2, 2), (1, 1)),
        Conv2d(7, 4, (6, 5)),
        MaxPool2d((3, 3), (1, 1), (1, 1)),
        MaxPool2d((3, 3), (2, 2), (1, 1)),
        GlobalAvgPool2d(),
    ],
    ids=str,
)
def test_each_kernel_has_its_plane_of_zeros(layer: Any) -> None:
    net = Net()
    padded = net.put("pad", PadChannels(1, 2), net.image)
    net.put("layer", layer, padded)
    made = plan(net.finish())
    assert ZERO in made.program.steps[-1].source.planes
    _check_zeros(made)
    assert made.offset(ZERO) == made.zeros.lead


def test_zeros_that_are_added_and_given_have_room() -> None:
    made = plan(ha.build(ha.Spec(family="resnet", input=(3, 32, 32), stem="cifar", skip="zeros",
                                 channels=(8, 12, 16), repeats=(1, 1, 2), classes=3)))  # fmt: skip
    adds = [f for step in made.program.steps for f in step.epilogues if f.operands]
    assert any(ZERO in operand for finish in adds for operand in finish.operands)
    _check_zeros(made)
    net = Net()
    net.put("pad", PadChannels(1, 0), net.image)
    made = plan(net.finish())
    assert made.zeros.size >= 6 * made.layout.points["image", 0].row


def test_a_window_of_one_leaves_no_room_and_one_of_three_a_column() -> None:
    for kernel, row in ((1, 5), (3, 6), (5, 7)):
        net = Net(4, 6, 5)
        net.conv("conv", net.image, 4, kernel)
        made = plan(net.finish())
        assert made.layout.points["image", 0].row == row
        assert made.layout.points["conv", 0].row == row
        assert made.layout.clean == ({("image", 0)} if kernel > 1 else set())


def test_a_window_with_a_stride_asks_nothing_of_the_rows_that_it_copies() -> None:
    net = Net(4, 6, 5)
    net.conv("conv", net.image, 4, 3, stride=(2, 2))
    made = plan(net.finish())
    assert made.layout.points["image", 0].row == 5
    assert made.layout.points["image", 0].lead == 0
    assert made.layout.points["conv", 0].row > 3
    assert made.layout.clean == set()


def test_the_furthest_window_decides_for_all_that_meet() -> None:
    net = Net(4, 6, 5)
    a, b = net.conv("a", net.image, 4, 1), net.conv("b", net.image, 4, 7)
    net.conv("last", net.join("join", a, b), 4, 3)
    made = plan(net.finish())
    assert {lying.row for lying in made.layout.points.values()} == {8}
    leads = {name: lying.lead for (name, _), lying in made.layout.points.items()}
    assert leads == {"image": 32, "a": 16, "b": 16, "last": 0}
    assert made.layout.clean == {("image", 0), ("a", 0), ("b", 0)}


def test_a_map_that_is_only_added_lies_like_the_sum() -> None:
    """Both operands come out of windows with strides, so that nothing else makes them alike."""
    net = Net(4, 12, 10)
    a = net.put("a", MaxPool2d((2, 2), (2, 2)), net.image)
    b = net.conv("b", net.image, 4, 2, stride=(2, 2), padding=(0, 0))
    net.conv("last", net.sum("add", a, b), 4, 5)
    made = plan(net.finish())
    assert made.layout.points["a", 0].row == made.layout.points["b", 1].row == 7
    assert made.layout.points["image", 0].row == 10


def test_maps_that_are_given_together_lie_alike() -> None:
    net = Net(4, 12, 10)
    a = net.put("a", MaxPool2d((2, 2), (2, 2)), net.image)
    b = net.conv("b", net.image, 4, 2, stride=(2, 2), padding=(0, 0))
    wide = net.conv("wide", b, 4, 5)
    made = plan(net.finish([net.join("join", a, b), wide]))
    assert made.layout.points["a", 0].row == made.layout.points["b", 0].row == 7
