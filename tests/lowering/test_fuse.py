"""ReLU and addition end the steps that make what they read, wherever that is possible."""

from __future__ import annotations

from examples import examples
from graphs import graphs
from hypothesis import given
from lowering.interpreter import check
from lowering.wiring import Net, epilogues, step_of
from strategies import networks, specs

import henet_arch as ha
from henet_arch.ir.graph import Graph
from henet_arch.ir.layers import (
    ChannelShuffle,
    Elementwise,
    Flatten,
    MaxPool2d,
    PadChannels,
)
from henet_arch.lowering.elide_moves import elide_moves
from henet_arch.lowering.fold import fold
from henet_arch.lowering.fuse import fuse
from henet_arch.lowering.program import Program
from henet_arch.lowering.prune import prune


def _fused(graph: Graph) -> dict[str, list[str]]:
    """For each step but the image the layers that end it; the meaning is checked too."""
    check(graph)
    found = epilogues(_program(graph))
    del found["image"]
    return found


def _program(graph: Graph) -> Program:
    return fuse(fold(elide_moves(graph)))


def test_a_relu_ends_a_convolution() -> None:
    net = Net()
    net.put(
        "six", Elementwise("relu6"), net.relu("relu", net.norm("bn", net.conv("conv", net.image)))
    )
    assert _fused(net.finish()) == {"conv": ["relu", "six"]}


def test_a_relu_ends_a_pooling() -> None:
    net = Net()
    net.relu("relu", net.put("pool", MaxPool2d((2, 2), (2, 2)), net.image))
    assert _fused(net.finish()) == {"pool": ["relu"]}


def test_a_relu_of_the_image_is_a_step() -> None:
    net = Net()
    net.relu("relu", net.image)
    assert _fused(net.finish()) == {"relu": ["relu"]}


def test_an_addition_ends_the_later_of_its_operands() -> None:
    net = Net()
    a, b = net.conv("a", net.image), net.conv("b", net.image)
    net.sum("add", a, b)
    graph = net.finish()
    assert _fused(graph) == {"a": [], "b": ["add"]}
    (finish,) = step_of(_program(graph), "b").epilogues
    assert finish.operands == (step_of(_program(graph), "a").planes(0),)


def test_the_image_can_be_added() -> None:
    net = Net()
    net.sum("add", net.image, net.conv("conv", net.image), net.image)
    assert _fused(net.finish()) == {"conv": ["add"]}


def test_a_block_of_the_paper_stores_what_it_adds_and_the_sum() -> None:
    graph = ha.build("henet-r3")
    program = _program(graph)
    found = epilogues(program)
    for stage in (1, 2, 3):
        for block in (1, 2, 3):
            scope = f"stage{stage}.block{block}"
            assert found[f"{scope}.conv2"] == [f"{scope}.relu", f"{scope}.add"]
            assert program.stored[f"{scope}.conv2"] == (1, 2)
            assert program.stored[f"{scope}.conv1"] == (0,)
        assert found[f"stage{stage}.down.conv2"] == [f"stage{stage}.down.relu"]
    assert not {s.node.layer.kind for s in program.steps} - {"input", "conv2d", "linear"}


def test_a_relu_behind_a_concatenation_ends_both_its_makers() -> None:
    net = Net()
    x = net.join("join", net.conv("a", net.image, 2), net.conv("b", net.image, 6))
    net.relu("relu", x)
    assert _fused(net.finish()) == {"a": ["relu"], "b": ["relu"]}


def test_a_relu_behind_a_concatenation_and_a_shuffle_too() -> None:
    net = Net()
    x = net.join("join", net.conv("a", net.image, 2), net.conv("b", net.image, 6))
    x = net.relu("relu", net.put("shuffle", ChannelShuffle(4), x))
    net.conv("last", x, groups=2)
    assert _fused(net.finish()) == {"a": ["relu"], "b": ["relu"], "last": []}


def test_a_sum_of_concatenations_takes_each_maker_its_own_planes() -> None:
    net = Net()
    first = net.join("first", net.conv("a", net.image, 6), net.conv("b", net.image, 2))
    second = net.join("second", net.conv("c", net.image, 2), net.conv("d", net.image, 6))
    net.sum("add", first, second)
    graph = net.finish()
    assert _fused(graph) == {"a": [], "b": [], "c": ["add"], "d": ["add"]}
    program = _program(graph)
    makers = {n: step_of(program, n).planes(0) for n in "ab"}
    operand = step_of(program, "d").epilogues[0].operands[0]
    assert operand == (*makers["a"][2:], *makers["b"])


def test_an_operand_that_comes_twice_prevents_it() -> None:
    net = Net()
    x = net.conv("conv", net.image)
    net.sum("add", x, x)
    assert _fused(net.finish()) == {"conv": [], "add": ["add"]}


def test_a_relu_of_a_map_that_comes_twice_is_a_step() -> None:
    net = Net()
    x = net.conv("conv", net.image)
    net.relu("relu", net.join("join", x, x))
    assert _fused(net.finish()) == {"conv": [], "relu": ["relu"]}


def test_an_operand_that_is_made_later_prevents_it() -> None:
    """`b` ends with a ReLU already, so that only `a` could take the sum: but `b` comes after it."""
    net = Net()
    a, b = net.conv("a", net.image), net.conv("b", net.image)
    relu = net.relu("relu", b)
    net.join("join", net.sum("add", a, b), relu)
    assert _fused(net.finish()) == {"a": [], "b": ["relu"], "add": ["add"]}


def test_an_operand_that_is_made_between_the_makers_prevents_it() -> None:
    net = Net()
    a, c = net.conv("a", net.image, 2), net.conv("c", net.image, 4)
    b = net.conv("b", net.image, 2)
    net.sum("add", net.join("join", a, b), c)
    assert _fused(net.finish()) == {"a": [], "c": [], "b": [], "add": ["add"]}


def test_a_sum_with_what_its_maker_made_before_is_a_step() -> None:
    net = Net()
    x = net.conv("conv", net.image)
    net.sum("add", x, net.relu("relu", x))
    assert _fused(net.finish()) == {"conv": ["relu"], "add": ["add"]}


def test_a_part_of_a_map_is_no_reason_to_work_on_the_whole() -> None:
    """Where one of the makers ends with something else already, none of them takes the layer."""
    net = Net()
    a, b = net.conv("a", net.image), net.conv("b", net.image)
    first = net.put("six", Elementwise("relu6"), a)
    net.join("all", net.relu("relu", net.join("join", a, b)), first)
    assert _fused(net.finish()) == {"a": ["six"], "b": [], "relu": ["relu"]}


def test_a_relu_of_channels_of_zeros_is_a_step() -> None:
    net = Net()
    net.relu("relu", net.put("pad", PadChannels(1, 0), net.conv("conv", net.image)))
    assert _fused(net.finish()) == {"conv": [], "relu": ["relu"]}


def test_channels_of_zeros_can_be_added() -> None:
    net = Net()
    padded = net.put("pad", PadChannels(1, 1), net.image)
    net.sum("add", padded, net.conv("conv", net.image, 6))
    assert _fused(net.finish()) == {"conv": ["add"]}


def test_a_flattening_is_no_obstacle() -> None:
    net = Net()
    net.relu("relu", net.put("flatten", Flatten(), net.conv("conv", net.image)))
    assert _fused(net.finish()) == {"conv": ["relu"]}


def test_what_nothing_reads_is_pruned() -> None:
    net = Net()
    x = net.conv("conv", net.image)
    net.conv("dead2", net.conv("dead1", x))
    graph = net.finish([x])
    check(graph)
    assert [step.name for step in prune(_program(graph)).steps] == ["image", "conv"]


@given(graphs() | (specs() | networks()).map(ha.build))
@examples(40)
def test_programs_are_in_order_and_store_only_what_is_read(graph: Graph) -> None:
    program = prune(_program(graph))
    seen: set[str] = set()
    stored: set[tuple[str, int]] = set()
    for step in program.steps:
        read = {plane for plane in step.reads if plane.step}
        assert {plane.step for plane in read} <= seen
        for plane in read:
            maker = step_of(program, plane.step)
            assert 0 <= plane.channel < maker.channels
            assert 0 <= plane.point <= maker.last
        stored |= {(plane.step, plane.point) for plane in read}
        seen.add(step.name)
    stored |= {(p.step, p.point) for value in program.outputs for p in value.planes if p.step}
    assert stored == {(name, p) for name, points in program.stored.items() for p in points}
    for step in program.steps:
        assert program.stored[step.name] or not step.node.inputs
