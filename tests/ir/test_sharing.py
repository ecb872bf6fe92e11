"""Layers that use an earlier one's weights, and operators that no kind describes, in graphs."""

from __future__ import annotations

import pytest

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.graph import Graph, GraphBuilder
from henet_arch.ir.repeats import blocks
from henet_arch.ir.tensors import tensors_of
from henet_arch.ir.transform import with_input, with_layers
from henet_arch.support.errors import GraphError, ShapeError


def pyramid(levels: int = 3) -> Graph:
    """One head on several maps: a convolution and a norm that are the same for all of them."""
    builder = GraphBuilder("pyramid")
    node = builder.add("image", layers.Input((4, 16, 16)))
    ends = []
    for level in range(1, levels + 1):
        pool = layers.MaxPool2d((2, 2), (2, 2))
        node = builder.add(f"pool{level}", pool, node)
        shares = "" if level == 1 else "head1"
        conv = layers.Conv2d(4, 6, (3, 3), padding=(1, 1))
        end = builder.add(
            f"head{level}.conv", conv, node, shares=shares and f"head{level - 1}.conv"
        )
        norm = layers.BatchNorm2d(6)
        end = builder.add(f"head{level}.norm", norm, end, shares=shares and "head1.norm")
        ends.append(builder.add(f"head{level}.relu", layers.Elementwise("relu"), end))
    return builder.finish(ends)


def test_weights_that_layers_share_stand_once() -> None:
    graph = pyramid()
    assert [node.owner for node in graph if node.layer.kind == "conv2d"] == ["head1.conv"] * 3
    assert {key.rpartition(".")[0] for key in tensors_of(graph)} == {"head1.conv", "head1.norm"}
    report = ha.analyze(graph)
    once = ha.analyze(pyramid(1))
    assert report.params == once.params == 4 * 6 * 9 + 6 + 2 * 6
    assert report.macs == sum(4 * 6 * 9 * size**2 for size in (8, 4, 2))


def test_sharing_survives_json_and_other_inputs() -> None:
    graph = pyramid()
    assert ha.from_json(ha.to_json(graph)) == graph
    larger = with_input(graph, (4, 32, 24))
    assert [node.shares for node in larger] == [node.shares for node in graph]
    assert larger["head3.relu"].shape == (6, 4, 3)
    assert with_layers(graph, {}) == graph


def test_other_weights_cannot_be_shared() -> None:
    builder = GraphBuilder("net")
    image = builder.add("image", layers.Input((4, 8, 8)))
    node = builder.add("conv", layers.Conv2d(4, 4, (3, 3)), image)
    with pytest.raises(GraphError, match="'other' has other weights than 'conv'"):
        builder.add("other", layers.Conv2d(4, 4, (1, 1)), node, shares="conv")
    with pytest.raises(GraphError, match="'nothing' is not a layer so far"):
        builder.add("other", layers.Conv2d(4, 4, (3, 3)), node, shares="nothing")


def test_scopes_that_share_outside_are_no_blocks() -> None:
    """A class of its own would have the same tensors under a second name."""
    names = {scope for block in blocks(pyramid()) for scope in block.scopes}
    assert names == {"", "head1"}


def test_scopes_that_share_in_other_ways_are_other_blocks() -> None:
    builder = GraphBuilder("net")
    node = builder.add("image", layers.Input((4, 8, 8)))
    for number, shared in enumerate((False, True, True), 1):
        conv = layers.Conv2d(4, 4, (1, 1))
        node = builder.add(f"block{number}.conv1", conv, node)
        shares = f"block{number}.conv1" if shared else ""
        node = builder.add(f"block{number}.conv2", conv, node, shares=shares)
    scopes = {block.scopes for block in blocks(builder.finish())}
    assert scopes == {("block1",), ("block2", "block3"), ("",)}


def opaque(height: int = 8) -> Graph:
    """A convolution, an operator of unknown cost, and one that computes nothing."""
    builder = GraphBuilder("opaque")
    image = builder.add("image", layers.Input((3, height, 8)))
    conv = builder.add("conv", layers.Conv2d(3, 4, (1, 1)), image)
    shape = (4, 8, 8)
    tensors = (("table", (4, 2)), ("scalar", ()))
    node = builder.add("odd", layers.Opaque("Mystery", (shape, shape), shape, tensors), [conv] * 2)
    turned = layers.Opaque("aten.permute", (shape,), (8, 8, 4), cost=())
    builder.add("turn", turned, node)
    return builder.finish()


def test_an_opaque_layer_keeps_its_weights_and_says_what_it_does_not_know() -> None:
    graph = opaque()
    assert tensors_of(graph)["odd.table"] == (4, 2)
    assert tensors_of(graph)["odd.scalar"] == ()
    assert [graph[name].layer.cost_known for name in ("conv", "odd", "turn")] == [True, False, True]
    assert not graph["turn"].layer.structure_known
    assert graph["turn"].shape == (8, 8, 4)
    assert ha.from_json(ha.to_json(graph)) == graph
    assert with_layers(graph, {}) == graph


def test_an_opaque_layer_holds_at_one_size() -> None:
    graph = opaque()
    assert with_input(graph, (3, 8, 8)) == graph
    with pytest.raises(
        ShapeError, match=r"what Mystery gives for 4x9x8, 4x9x8 is unknown"
    ) as error:
        with_input(graph, (3, 9, 8))
    assert "it is known for 4x8x8, 4x8x8 alone" in str(error.value)
    assert "odd" in error.value.where


def test_a_network_without_opaque_layers_takes_another_input() -> None:
    assert with_input(pyramid(1), (4, 9, 8))["head1.relu"].shape == (6, 4, 4)
