"""The counters themselves are the oracle: each counts our emitted module as its convention says."""

from __future__ import annotations

import contextlib
import io
from dataclasses import replace

import pytest
import torch
from examples import examples
from graphs import graphs, other_outputs
from hypothesis import given
from peer_counters import COUNTERS, Counts
from strategies import networks, specs

import henet_arch as ha
from henet_arch.analyzers.reconcile import Reconciliation
from henet_arch.conventions.lookup import conventions
from henet_arch.conventions.quantities import quantity
from henet_arch.ir import layers
from henet_arch.ir.functions import FUNCTIONS
from henet_arch.ir.graph import Graph, GraphBuilder
from henet_arch.ir.layer import KINDS, Layer

pytestmark = pytest.mark.filterwarnings("ignore")  # the counters' own

NETWORKS = [
    "henet-r2", "henet-r3", "henet-r4",
    "shufflenet-r2", "shufflenet-r3", "shufflenet-r4", "shufflenet-r5",
    "lenet5", "nin-cifar10", "resnet20", "mobilenet-025", "mobilenetv2-035",
]  # fmt: skip


def _theirs(name: str, graph: Graph) -> Counts:
    module = ha.to_torch(graph).eval()
    with contextlib.redirect_stdout(io.StringIO()):
        return COUNTERS[name](module, torch.zeros(1, *graph.input_shape))


def _ours(name: str, graph: Graph) -> Counts:
    report = ha.analyze(graph, name)
    return Counts(report.macs, report.params)


@pytest.mark.slow
@pytest.mark.parametrize("name", COUNTERS)
@pytest.mark.parametrize("preset", NETWORKS)
def test_presets(name: str, preset: str) -> None:
    graph = ha.build(preset)
    assert _ours(name, graph) == _theirs(name, graph)


@pytest.mark.parametrize("name", COUNTERS)
@examples(6)
@given(spec=specs() | networks())
def test_random_networks(name: str, spec: ha.Spec) -> None:
    graph = ha.build(spec)
    assert _ours(name, graph) == _theirs(name, graph)


@pytest.mark.parametrize("name", COUNTERS)
@examples(6)
@given(graph=graphs() | other_outputs())
def test_dead_ends_repeated_operands_and_several_outputs(name: str, graph: Graph) -> None:
    assert _ours(name, graph) == _theirs(name, graph)


MAPS: list[Layer] = [
    layers.ConvTranspose2d(6, 4, (3, 2), (2, 1), (1, 0), (1, 0), groups=2),
    layers.ConvTranspose2d(6, 4, (3, 2), (2, 1), bias=False),
    layers.BatchNorm2d(6, affine=False),
    layers.LayerNorm(6),
    layers.LayerNorm(6, affine=False),
    layers.GroupNorm(2, 6),
    layers.GroupNorm(6, 6, affine=False),
    layers.Scale(6),
    layers.Scale(6, bias=False),
    layers.PReLU(6),
    layers.PReLU(),
    layers.AdaptiveAvgPool2d((2, 3)),
    layers.AdaptiveAvgPool2d((5, 7)),
    layers.AdaptiveMaxPool2d((2, 3)),
    layers.GlobalMaxPool2d(),
    *(layers.Resize((2.0, 3.0), mode=mode) for mode in ("nearest", "bilinear", "bicubic")),
    layers.Resize(size=(3, 4), mode="bilinear"),
    layers.Pad2d((1, 2, 0, 1)),
    layers.Crop2d((1, 1, 0, 1)),
    layers.Crop2d((1, 0, 0, 0), (2, 2)),
    layers.SliceChannels(1, 5),
    layers.PixelShuffle(1),
    layers.ChannelMean(),
    layers.ChannelMax(),
    *(layers.Elementwise(name) for name in FUNCTIONS),
]
VECTORS: list[Layer] = [
    layers.BatchNorm1d(6),
    layers.BatchNorm1d(6, affine=False),
    layers.LayerNorm(6),
    layers.LayerNorm(6, affine=False),
    layers.Scale(6),
    layers.PReLU(6),
    layers.Unflatten(),
    layers.Elementwise("sigmoid"),
]
JOINS = [
    layers.Multiply(), layers.Subtract(), layers.Divide(), layers.Maximum(), layers.Minimum(),
]  # fmt: skip
DEVIATIONS = {("calflops", "conv_transpose2d"), ("calflops", "resize")}
"""What a counter does and its convention says it does not follow."""


def _after_conv(layer: Layer, *, vector: bool = False, count: int = 1) -> Graph:
    builder = GraphBuilder("one")
    node = builder.add("image", layers.Input((6, 5, 7)))
    node = builder.add("conv", layers.Conv2d(6, 6, (1, 1)), node)
    if vector:
        node = builder.add("pool", layers.GlobalAvgPool2d(), node)
        node = builder.add("flat", layers.Flatten(), node)
    builder.add("layer", layer, [node] * count)
    return builder.finish()


ONES = [
    *(_after_conv(layer) for layer in MAPS),
    *(_after_conv(layer, vector=True) for layer in VECTORS),
    *(_after_conv(layer, count=2) for layer in JOINS),
]


@pytest.mark.parametrize("name", COUNTERS)
@pytest.mark.parametrize("graph", ONES, ids=lambda graph: graph["layer"].layer.kind)
def test_a_layer_of_each_kind(name: str, graph: Graph) -> None:
    if (name, graph["layer"].layer.kind) in DEVIATIONS:
        pytest.skip("a deviation that the convention tells")
    assert _ours(name, graph) == _theirs(name, graph)


@pytest.mark.parametrize("name", COUNTERS)
def test_a_layer_that_is_applied_twice_counts_twice_and_its_parameters_once(name: str) -> None:
    builder = GraphBuilder("twice")
    node = builder.add("image", layers.Input((6, 5, 7)))
    conv = layers.Conv2d(6, 6, (1, 1))
    node = builder.add("conv", conv, node)
    builder.add("again", conv, node, shares="conv")
    graph = builder.finish()
    assert _ours(name, graph) == _theirs(name, graph)


def _dead_end() -> Graph:
    """A convolution that is joined with itself, and another one that nothing reads."""
    builder = GraphBuilder("dead-end")
    image = builder.add("input", layers.Input((3, 8, 8)))
    conv = builder.add("conv", layers.Conv2d(3, 4, (1, 1)), [image])
    total = builder.add("total", layers.Add(), [conv, conv])
    builder.add("dead", layers.Conv2d(4, 9, (3, 3)), [conv])
    return builder.finish([total])


@pytest.mark.parametrize("name", COUNTERS)
def test_what_a_dead_end_counts(name: str) -> None:
    graph = _dead_end()
    assert _ours(name, graph) == _theirs(name, graph)
    alone = ha.analyze(replace(graph, nodes=graph.nodes[:-1]), name).macs
    assert (ha.analyze(graph, name).macs == alone) == (name == "fvcore")
    count = next(c for c in Reconciliation(graph).counts if c.convention.name == name)
    assert count.total == ha.analyze(graph, name).macs


def test_every_convention_is_held_against_something() -> None:
    assert conventions().keys() == {"exact", "paper", "netscope", *COUNTERS}
    assert [*conventions()][:2] == ["exact", "paper"]


@pytest.mark.parametrize("name", conventions())
def test_a_convention_has_the_name_of_its_file(name: str) -> None:
    how = conventions()[name]
    assert how.name == name
    assert {*how.weights, *how.parameters} <= {"*", *KINDS}


NETSCOPE = {
    "alexnet": Counts(726_791_936, 60_965_228),
    "googlenet": Counts(1_586_685_952, 6_998_556),
    "googlenet-auxiliary": Counts(1_595_058_176, 13_378_284),
    "henet-r2": Counts(7_327_752, 68_626),
    "henet-r3": Counts(10_325_352, 87_058),
    "lenet5": Counts(416_520, 61_706),
    "mobilenet": Counts(573_783_040, 4_231_976),
    "mobilenetv2": Counts(307_452_384, 3_504_872),
    "nin-cifar10": Counts(222_486_528, 966_986),
    "shufflenet-r2": Counts(6_531_864, 45_466),
    "vgg16": Counts(15_470_264_320, 138_357_544),
}
"""What the tool's own analyzer gave for these networks, run under node. It knows no shuffle, ReLU6
or tanh: they were replaced by a layer that passes its input through.
"""


@pytest.mark.parametrize("preset", NETSCOPE)
def test_netscope(preset: str) -> None:
    assert _ours("netscope", ha.build(preset)) == NETSCOPE[preset]


def test_netscope_counts_dead_ends() -> None:
    assert _ours("netscope", _dead_end()) == Counts(768 + 11_664, 349)


PARAMETERS = {
    "henet-r3": {"paper": 641_218},
    "googlenet": {"netscope": 6_998_556},
    "alexnet": {"netscope": 60_965_228, "paper": 62_378_344},
}
"""What a convention counts where it is not the built network's trained numbers."""


@pytest.mark.parametrize("preset", PARAMETERS)
def test_which_parameters_are_not_those_of_the_built_network(preset: str) -> None:
    graph = ha.build(preset)
    exact = ha.analyze(graph).params
    counted = {name: ha.analyze(graph, name).params for name in conventions()}
    assert {name: n for name, n in counted.items() if n != exact} == PARAMETERS[preset]


def test_what_is_no_operation_is_a_size() -> None:
    node = ha.build("henet-r2")["stem.bn"]
    ops = node.layer.ops(node.input_shapes, node.shape)
    assert quantity("params", node, ops) == 2 * 24
    assert quantity("inputs", node, ops) == quantity("outputs", node, ops) == 24 * 31 * 31
    assert quantity("sqrt", node, ops) == 24
