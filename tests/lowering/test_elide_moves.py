"""Layers that only move channels leave no step, and their readers get the right planes."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import sympy
import torch
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from lowering.interpreter import check
from lowering.wiring import Net, step_of

import henet_arch as ha
from henet_arch.ir.dims import Shape
from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.ir.layer import Layer
from henet_arch.ir.layers import (
    AvgPool2d,
    ChannelShuffle,
    Concat,
    Conv2d,
    Dropout,
    Elementwise,
    Flatten,
    Input,
    Linear,
    MaxPool2d,
    PadChannels,
)
from henet_arch.lowering.elide_moves import elide_moves
from henet_arch.lowering.program import ZERO, Plane
from henet_arch.support.errors import EmitError


@st.composite
def moving(draw: st.DrawFn) -> Graph:
    """Graphs of layers that only move channels."""
    builder = GraphBuilder("moving")
    nodes = [builder.add("image", Input((draw(st.integers(1, 6)), 2, 1)))]
    for index in range(draw(st.integers(1, 8))):
        node = draw(st.sampled_from(nodes))
        channels = int(node.channels)
        groups = draw(st.sampled_from([g for g in range(1, channels + 1) if channels % g == 0]))
        several = draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=3))
        layers: list[tuple[Layer, list[Node]]] = [
            (ChannelShuffle(groups), [node]),
            (PadChannels(draw(st.integers(0, 2)), draw(st.integers(0, 2))), [node]),
            (Dropout(0.5), [node]),
            (Concat(), several),
        ]
        layer, inputs = draw(st.sampled_from(layers))
        if sum(int(n.channels) for n in inputs) < 60:
            nodes.append(builder.add(f"layer{index}", layer, inputs))
    return builder.finish([nodes[-1]])


@given(moving())
@examples(60)
def test_the_planes_are_those_that_pytorch_moves(graph: Graph) -> None:
    """Each channel of the image holds its own number, so that the output names its planes."""
    program = elide_moves(graph)
    image = torch.arange(1, graph.input_shape[0] + 1.0)[None, :, None, None].expand(1, -1, 2, 1)
    moved = ha.to_torch(graph, init="kaiming").eval()(image)[0, :, 0, 0].int().tolist()
    expected = [Plane("image", 0, number - 1) if number else ZERO for number in moved]
    assert [step.name for step in program.steps] == ["image"]
    assert list(program.outputs[0].planes) == expected
    assert program.outputs[0].size == (2, 1)


def test_a_shuffle_is_what_its_reader_reads() -> None:
    net = Net(6, 3, 3)
    x = net.put("shuffle", ChannelShuffle(3), net.conv("conv", net.image, 6))
    net.conv("reader", x)
    program = elide_moves(net.finish())
    assert [step.name for step in program.steps] == ["image", "conv", "reader"]
    read = step_of(program, "reader").source.planes
    assert [plane.channel for plane in read] == [0, 2, 4, 1, 3, 5]
    assert {plane.step for plane in read} == {"conv"}


def test_a_concatenation_of_padded_maps_is_read_with_planes_of_zeros() -> None:
    net = Net(2, 3, 3)
    x = net.put("pad", PadChannels(1, 2), net.image)
    net.conv("reader", net.join("join", x, net.conv("conv", net.image, 1)))
    read = step_of(elide_moves(net.finish()), "reader").source.planes
    image, conv = [Plane("image", 0, channel) for channel in (0, 1)], Plane("conv", 0, 0)
    assert list(read) == [ZERO, *image, ZERO, ZERO, conv]


def test_a_flattened_map_is_read_as_planes_of_its_size() -> None:
    net = Net()
    x = net.conv("conv", net.image, 3)
    x = net.put("dropout", Dropout(0.5), net.put("flatten", Flatten(), x))
    net.put("fc", Linear(90, 90), x)
    program = elide_moves(net.finish())
    assert [step.name for step in program.steps] == ["image", "conv", "fc"]
    fc = step_of(program, "fc")
    assert fc.source == (step_of(program, "conv").planes(0), (6, 5))
    assert (fc.channels, fc.size) == (90, (1, 1))


def test_a_layer_behind_a_flattening_keeps_the_planes() -> None:
    net = Net()
    x = net.relu("relu", net.put("flatten", Flatten(), net.image))
    net.put("fc", Linear(120, 2), net.sum("add", x, x))
    program = elide_moves(net.finish())
    for name in ("relu", "add"):
        assert (step_of(program, name).channels, step_of(program, name).size) == (4, (6, 5))
    check(net.finish())


def test_layers_that_compute_are_steps_even_where_they_cost_next_to_nothing() -> None:
    """A window of one element moves nothing, but has an operation or a weight all the same."""
    net = Net()
    x = net.put("largest", MaxPool2d((1, 1), (1, 1)), net.image)
    x = net.put("mean", AvgPool2d((1, 1), (1, 1)), x)
    net.relu("relu", net.norm("bn", x))
    assert [s.name for s in elide_moves(net.finish()).steps] == [
        "image",
        "largest",
        "mean",
        "bn",
        "relu",
    ]


def test_several_outputs_keep_their_order() -> None:
    net = Net()
    a = net.relu("a", net.image)
    b = net.put("b", ChannelShuffle(2), a)
    program = elide_moves(net.finish([b, a]))
    assert [plane.channel for plane in program.outputs[0].planes] == [0, 2, 1, 3]
    assert [plane.channel for plane in program.outputs[1].planes] == [0, 1, 2, 3]


@pytest.mark.parametrize("at", ["channels", "height"])
def test_symbols_have_no_planes(at: str) -> None:
    size = sympy.Symbol("N", integer=True, positive=True)
    builder = GraphBuilder("net", "test")
    shape: Shape = (size, 4, 4) if at == "channels" else (3, size, 4)
    builder.add("relu", Elementwise("relu"), [builder.add("image", Input(shape))])
    with pytest.raises(EmitError, match="N is a symbol, and code needs numbers") as caught:
        elide_moves(builder.finish())
    assert caught.value.where == "image"


def test_vectors_of_other_maps_are_copied_and_added() -> None:
    net = Net(4, 5, 5)
    wide, high = (
        net.put(name, Conv2d(4, 4, kernel), net.image)
        for name, kernel in (("wide", (1, 2)), ("high", (2, 1)))
    )
    a, b = net.put("a", Flatten(), wide), net.put("b", Flatten(), high)
    net.sum("add", a, b)
    program = elide_moves(net.finish())
    names = [step.name for step in program.steps]
    assert names == ["image", "wide", "high", "a.flat", "b.flat", "add"]
    assert step_of(program, "add").channels == 80
    check(net.finish())


@dataclass(frozen=True)
class _Mixed(Layer):
    """A layer of somebody else that says it does nothing, but reads two channels for each."""

    kind = "mixed"

    def reads(self, channel: int, inputs: tuple[Shape, ...]) -> tuple[range, ...]:
        return (range(2),)


def test_a_layer_that_mixes_channels_for_nothing_is_refused() -> None:
    net = Net()
    net.put("mixed", _Mixed(), net.image)
    with pytest.raises(EmitError, match="mixed mixes channels without an operation"):
        elide_moves(net.finish())
