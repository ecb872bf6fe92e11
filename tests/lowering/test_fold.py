"""Batch norm goes into the convolution before it where nothing else can see the difference."""

from __future__ import annotations

from lowering.interpreter import check
from lowering.wiring import Net, step_of

import henet_arch as ha
from henet_arch.ir.graph import Graph
from henet_arch.ir.layers import ChannelShuffle, Dropout, PReLU, Scale
from henet_arch.lowering.elide_moves import elide_moves
from henet_arch.lowering.fold import fold


def _folded(graph: Graph) -> dict[str, str]:
    """From each step into which norms were folded to those norms; the meaning is checked too."""
    check(graph)
    program = fold(elide_moves(graph))
    found = {s.name: " ".join(norm.name for norm in s.norms) for s in program.steps if s.norms}
    folded = {name for names in found.values() for name in names.split(" ")}
    kept = {s.name for s in program.steps if s.node.layer.kind == "batch_norm2d"}
    norms = {node.name for node in graph if node.layer.kind == "batch_norm2d"}
    assert kept | folded == norms
    assert not kept & folded
    return found


def test_a_norm_behind_a_convolution_folds() -> None:
    net = Net()
    net.relu("relu", net.norm("bn", net.conv("conv", net.image, 6, 3, groups=2)))
    assert _folded(net.finish()) == {"conv": "bn"}


def test_its_readers_read_the_convolution() -> None:
    net = Net()
    x = net.norm("bn", net.conv("conv", net.image))
    net.conv("b", net.put("shuffle", ChannelShuffle(2), x))
    graph = net.finish([net["b"], net["bn"]])
    program = fold(elide_moves(graph))
    assert [step.name for step in program.steps] == ["image", "conv", "b"]
    made = step_of(program, "conv").planes(0)
    assert step_of(program, "b").source.planes == tuple(made[i] for i in (0, 2, 1, 3))
    assert program.outputs[1].planes == made
    assert _folded(graph) == {"conv": "bn"}


def test_a_dropout_between_them_is_nothing() -> None:
    net = Net()
    net.norm("bn", net.put("dropout", Dropout(0.5), net.conv("conv", net.image)))
    assert _folded(net.finish()) == {"conv": "bn"}


def test_a_convolution_that_another_layer_reads_keeps_its_own_map() -> None:
    net = Net()
    x = net.conv("conv", net.image)
    net.sum("add", net.norm("bn", x), x)
    assert _folded(net.finish()) == {}


def test_a_convolution_with_two_norms_folds_neither() -> None:
    net = Net()
    x = net.conv("conv", net.image)
    net.join("join", net.norm("a", x), net.norm("b", x))
    assert _folded(net.finish()) == {}


def test_a_convolution_that_is_an_output_keeps_its_own_map() -> None:
    net = Net()
    x = net.conv("conv", net.image)
    net.norm("bn", x)
    assert _folded(net.finish([net["bn"], x])) == {}


def test_a_part_of_a_convolution_that_is_read_elsewhere_counts() -> None:
    """Also where the reader gets its planes through a shuffle and a concatenation."""
    net = Net()
    x = net.conv("conv", net.image)
    y = net.join("join", net.norm("bn", x), net.put("shuffle", ChannelShuffle(2), x))
    net.conv("last", y)
    assert _folded(net.finish()) == {}


def test_a_norm_behind_a_concatenation_stays() -> None:
    net = Net()
    x = net.join("join", net.conv("a", net.image), net.conv("b", net.image))
    net.norm("bn", x)
    assert _folded(net.finish()) == {}


def test_a_norm_behind_a_shuffle_stays() -> None:
    net = Net()
    net.norm("bn", net.put("shuffle", ChannelShuffle(2), net.conv("conv", net.image)))
    assert _folded(net.finish()) == {}


def test_a_norm_behind_a_relu_or_the_image_stays() -> None:
    net = Net()
    x = net.relu("relu", net.conv("conv", net.norm("first", net.image)))
    net.norm("bn", x)
    assert _folded(net.finish()) == {}


def test_norms_in_a_row_fold_one_after_the_other() -> None:
    net = Net()
    net.norm("b", net.norm("a", net.conv("conv", net.image)))
    assert _folded(net.finish()) == {"conv": "a b"}


def test_a_scale_folds_as_a_norm_does() -> None:
    net = Net()
    x = net.put("scale", Scale(4), net.norm("bn", net.conv("conv", net.image)))
    net.put("prelu", PReLU(4), x)
    program = fold(elide_moves(net.finish()))
    assert [norm.name for norm in step_of(program, "conv").norms] == ["bn", "scale"]
    assert [step.name for step in program.steps] == ["prelu.weight", "image", "conv", "prelu"]


def test_every_norm_of_the_paper_network_folds() -> None:
    graph = ha.build("henet-r3")
    assert len(_folded(graph)) == sum(node.layer.kind == "batch_norm2d" for node in graph) > 0
