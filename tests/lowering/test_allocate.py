"""Places in the workspace: nothing that is still needed is ever written over."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from lowering.wiring import Net, plans, taps

import henet_arch as ha
from henet_arch.ir.graph import Graph
from henet_arch.ir.layers import ChannelShuffle
from henet_arch.lowering.allocate import LiveRange, packed
from henet_arch.lowering.plan import Plan, plan
from henet_arch.lowering.program import ZERO, Plane, Step, points_of
from henet_arch.lowering.scratch import scratch
from henet_arch.lowering.vectors import rounded
from henet_arch.lowering.window_loop import window_loop

Point = tuple[str, int]
PLANS = examples(25)


@st.composite
def held(draw: st.DrawFn) -> list[LiveRange]:
    count = draw(st.integers(0, 12))
    items = []
    for _ in range(count):
        first, last = sorted(draw(st.tuples(st.integers(0, 9), st.integers(0, 9))))
        items.append(LiveRange(draw(st.integers(1, 40)), first, last))
    return items


def _together(a: LiveRange, b: LiveRange) -> bool:
    return bool(set(range(a.first, a.last + 1)) & set(range(b.first, b.last + 1)))


@given(held())
@examples(100)
def test_items_that_are_held_at_once_lie_apart(items: list[LiveRange]) -> None:
    offsets = packed(items)
    assert len(offsets) == len(items)
    for i, item in enumerate(items):
        assert offsets[i] >= 0
        for j in range(i):
            if _together(item, items[j]):
                taken = range(offsets[j], offsets[j] + items[j].size)
                assert not set(range(offsets[i], offsets[i] + item.size)) & set(taken)


@given(held())
@examples(100)
def test_the_whole_is_between_its_bounds(items: list[LiveRange]) -> None:
    offsets = packed(items)
    size = max((o + i.size for o, i in zip(offsets, items, strict=True)), default=0)
    at_once = [sum(i.size for i in items if i.first <= t <= i.last) for t in range(10)]
    assert max(at_once) <= size <= sum(item.size for item in items)
    if items:
        assert offsets[items.index(max(items, key=lambda item: (item.size, -item.first)))] == 0


@given(held())
@examples(60)
def test_every_item_lies_as_low_as_another_or_the_bottom(items: list[LiveRange]) -> None:
    offsets = packed(items)
    for offset, item in zip(offsets, items, strict=True):
        ends = {o + i.size for o, i in zip(offsets, items, strict=True) if _together(i, item)}
        assert offset in ends | {0}


def test_items_in_turn_share_one_place() -> None:
    assert packed([LiveRange(5, 0, 1), LiveRange(5, 2, 3), LiveRange(3, 4, 9)]) == [0, 0, 0]
    assert packed([LiveRange(5, 0, 2), LiveRange(5, 2, 3)]) == [0, 5]
    assert packed([]) == []


@dataclass
class Memory:
    """What lies where: a range is lost when anything is written over a part of it."""

    ranges: dict[object, range] = field(default_factory=dict)

    def write(self, key: object, place: range) -> None:
        self.ranges = {k: r for k, r in self.ranges.items() if not _meet(r, place)}
        self.ranges[key] = place

    def holds(self, key: object, place: range) -> bool:
        return self.ranges.get(key) == place


def _meet(a: range, b: range) -> bool:
    return max(a.start, b.start) < min(a.stop, b.stop)


def _place(made: Plan, point: Point) -> range:
    """A map with its lead and the room behind its planes."""
    lying = made.layout.points[point]
    channels = made.program.steps[made.program.order[point[0]]].channels
    start = made.offset(Plane(*point, 0))
    return range(start - lying.lead, start + channels * lying.plane)


def _check(made: Plan) -> None:
    """Run the steps as what they read and write."""
    memory = Memory()
    needs = scratch(made.program, made.choices, made.layout)
    whole = range(made.taps)
    memory.write("zeros", range(made.zeros.size))
    for step in made.program.steps:
        read = {point: _place(made, point) for point in points_of(step.reads)}
        for point, place in read.items():
            assert memory.holds(point, place), f"{step.name} reads {point}, which is lost"
        writes = {
            (step.name, point): _place(made, (step.name, point))
            for point in made.program.stored[step.name]
        }
        if step.name in needs:
            start = made.scratch[step.name]
            writes[step.name, -1] = range(start, start + needs[step.name])
        for key, place in writes.items():
            assert whole.start <= place.start < place.stop <= whole.stop
            replaced = made.buffers.shared.get(key)
            others = [r for p, r in read.items() if p != replaced]
            others += [r for k, r in writes.items() if k != key]
            assert not any(_meet(place, other) for other in others), f"{key} is written over"
            if replaced:
                _check_replaced(made, step, key, replaced)
        for key, place in writes.items():
            memory.write(key, place)
        assert memory.holds("zeros", range(made.zeros.size))
    for value in made.program.outputs:
        for point in points_of(value.planes):
            assert memory.holds(point, _place(made, point)), f"the output {point} is lost"


def _check_replaced(made: Plan, step: Step, key: Point, replaced: Point) -> None:
    """A sum takes the place of a whole operand, element by element, and of nothing else."""
    assert made.layout.points[key] == made.layout.points[replaced]
    assert _place(made, key) == _place(made, replaced)
    maker = made.program.steps[made.program.order[replaced[0]]]
    assert maker.planes(replaced[1]) in step.epilogues[key[1] - 1].operands
    assert replaced not in points_of(step.source.planes)


@given(plans())
@PLANS
def test_nothing_that_is_read_later_is_written_over(made: Plan) -> None:
    _check(made)


@pytest.mark.parametrize("name", ["henet-r3", "shufflenet-r3", "resnet20", "mobilenetv2-035"])
def test_presets(name: str) -> None:
    _check(plan(ha.build(name)))


@given(plans())
@PLANS
def test_no_vector_leaves_the_workspace(made: Plan) -> None:
    """The widest vectors begin at each multiple of 16, and reach behind what they are made for."""
    for step in made.program.steps:
        found = window_loop(step)
        kernel = made.choices[step.name].kernel
        if not found or kernel not in ("direct", "matrix", "depthwise", "largest"):
            continue
        assert made.taps + found.taps <= made.size
        if found.packed:
            continue
        row = made.layout.rows[step.name]
        made_here = rounded(step.size[0] * row)
        reach = [tap.row * row + tap.column for tap in taps(found)]
        for plane in set(step.source.planes):
            assert made.offset(plane) + min(reach) >= 0
            assert made.offset(plane) + max(reach) + made_here <= made.taps
        loaded = {p for f in step.epilogues for operand in f.operands for p in operand}
        stored = {p for point in made.program.stored[step.name] for p in step.planes(point)}
        for plane in loaded | stored:
            assert made.offset(plane) + made_here <= made.taps


def _shared(graph: Graph) -> dict[Point, Point]:
    made = plan(graph)
    _check(made)
    return dict(made.buffers.shared)


def test_a_sum_takes_the_place_of_the_map_that_nothing_reads_later() -> None:
    net = Net()
    a = net.conv("a", net.image)
    net.conv("last", net.sum("add", net.conv("b", a), a))
    assert _shared(net.finish()) == {}  # b still reads a
    net = Net()
    a, b = net.conv("a", net.image), net.conv("b", net.image)
    net.conv("last", net.sum("add", a, b))
    assert _shared(net.finish()) == {("b", 1): ("a", 0)}


def test_a_sum_takes_no_place_of_what_is_read_later_or_given() -> None:
    for is_output in (True, False):
        net = Net()
        a, b = net.conv("a", net.image), net.conv("b", net.image)
        last = net.sum("add", a, b)
        graph = net.finish([last, a] if is_output else [net.join("join", last, net.conv("c", a))])
        assert _shared(graph) == {}


def test_a_sum_takes_no_place_of_a_map_in_another_order_or_size() -> None:
    net = Net()
    a, b = net.conv("a", net.image, 8), net.conv("b", net.image, 2)
    c = net.conv("c", net.image, 10)
    net.sum("add", net.join("join", b, a), c)
    assert _shared(net.finish()) == {}


def test_a_sum_takes_no_place_of_a_map_whose_planes_are_shuffled() -> None:
    net = Net()
    a, b = net.conv("a", net.image), net.conv("b", net.image)
    net.conv("last", net.sum("add", net.put("shuffle", ChannelShuffle(2), a), b))
    assert _shared(net.finish()) == {}


def test_the_sums_of_the_paper_network_take_the_places_of_the_sums_before() -> None:
    shared = _shared(ha.build("henet-r3"))
    for stage in (1, 2, 3):
        before = (f"stage{stage - 1}.down.conv2", 1) if stage > 1 else ("stem.conv", 1)
        for block in (1, 2, 3):
            total = f"stage{stage}.block{block}.conv2", 2
            assert shared.pop(total) == before
            before = total
    assert shared == {}


def test_a_plane_of_zeros_lies_before_all_maps() -> None:
    made = plan(ha.build("henet-r3"))
    assert made.offset(ZERO) == made.zeros.lead
    offsets = [made.offset(Plane(*point, 0)) for point in made.layout.points]
    assert min(offsets) >= made.zeros.size


def test_a_long_chain_needs_the_room_of_two_maps() -> None:
    sizes = []
    for length in (3, 9):
        net = Net(4, 8, 8)
        x = net.image
        for index in range(length):
            x = net.conv(f"conv{index}", x)
        sizes.append(plan(net.finish()).buffers.size)
    assert sizes[0] == sizes[1] == 2 * 4 * 64


def _pairwise(items: list[LiveRange]) -> list[int]:
    """The same, each item held against every other one."""
    offsets: dict[int, int] = {}
    for index in sorted(range(len(items)), key=lambda i: (-items[i].size, items[i].first)):
        item, low = items[index], 0
        others = [(low, items[i]) for i, low in offsets.items()]
        for start, other in sorted(others):
            if other.first <= item.last and item.first <= other.last:
                if start - low >= item.size:
                    break
                low = max(low, start + other.size)
        offsets[index] = low
    return [offsets[index] for index in range(len(items))]


_HELD = st.tuples(st.integers(1, 9), st.integers(0, 12), st.integers(0, 12)).map(
    lambda drawn: LiveRange(drawn[0], min(drawn[1:]), max(drawn[1:]))
)


@given(st.lists(_HELD, max_size=25))
def test_items_lie_as_low_as_those_beside_them_allow(items: list[LiveRange]) -> None:
    assert packed(items) == _pairwise(items)
