"""Scopes of one structure become one block, whatever lies around them."""

from __future__ import annotations

import pytest
from graphs import graphs
from hypothesis import given

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.graph import Graph, GraphBuilder
from henet_arch.ir.repeats import Block, Parameter, blocks


def _named(found: tuple[Block, ...], name: str) -> list[Block]:
    return [block for block in found if block.name == name]


def test_the_stride1_blocks_of_henet_are_one() -> None:
    found = blocks(ha.build("henet-r3"))
    (block,) = _named(found, "block")
    assert len(block.scopes) == 9
    assert len(block.inputs) == len(block.outputs) == 2
    assert block.arguments[0] == {
        "in_channels": 24,
        "out_channels": 24,
        "conv1_groups": 6,
        "conv2_groups": 4,
    }
    assert block.arguments[-1]["in_channels"] == 192


def test_a_shufflenet_unit_has_a_width_and_a_bottleneck() -> None:
    first, rest = _named(blocks(ha.build("shufflenet-r3")), "block")
    assert first.scopes == ("stage1.block1",)
    assert rest.arguments[0] == {"channels": 48, "mid_channels": 24}


def test_numbers_of_two_types_are_two_parameters() -> None:
    """2 and 2.0 are equal; a pool takes the one, and an upsampling the other."""
    net = GraphBuilder("net")
    image = net.add("image", layers.Input((3, 8, 8)))
    ends = []
    for factor in (2, 4):
        x = net.add(f"b{factor}.up", layers.Resize((float(factor),) * 2, mode="bilinear"), image)
        pool = layers.AvgPool2d((factor, factor), (factor, factor))
        ends.append(net.add(f"b{factor}.pool", pool, x))
    (block,) = blocks(net.finish([net.add("sum", layers.Add(), ends)]))[:1]
    types = [{type(number) for number in value} for value in block.arguments[0].values()]
    assert sorted(types, key=str) == [{float}, {int}]


@given(graphs())
def test_every_layer_is_a_step_of_one_block(graph: Graph) -> None:
    found = blocks(graph)
    names = []
    for block in found:
        for scope in block.scopes:
            names += [
                ".".join([*filter(None, [scope]), *step.path])
                for step in block.steps
                if not step.block
            ]
    assert sorted(names) == sorted(node.name for node in graph if node.inputs)


@given(graphs())
def test_arguments_lead_back_to_the_layers(graph: Graph) -> None:
    for block in blocks(graph):
        for scope, said in zip(block.scopes, block.arguments, strict=True):
            for step in (step for step in block.steps if not step.block):
                name = ".".join([*filter(None, [scope]), *step.path])
                given_values = {
                    key: said[value.name] if isinstance(value, Parameter) else value
                    for key, value in step.arguments.items()
                }
                assert given_values == graph[name].layer.attributes()


def test_a_scope_that_others_interrupt_is_no_step() -> None:
    builder = GraphBuilder("split")
    image = builder.add("image", layers.Input((2, 3, 3)))
    first = builder.add("part.one", layers.Elementwise("relu"), [image])
    between = builder.add("between", layers.Elementwise("relu"), [first])
    builder.add("part.two", layers.Elementwise("relu"), [between])
    (network,) = blocks(builder.finish())
    assert [step.path for step in network.steps] == [("part", "one"), ("between",), ("part", "two")]


def test_a_graph_of_an_input_alone_has_no_structure() -> None:
    builder = GraphBuilder("nothing")
    builder.add("image", layers.Input((2, 3, 3)))
    with pytest.raises(ha.HenetArchError, match="'nothing' gives its input 'image'"):
        blocks(builder.finish())
