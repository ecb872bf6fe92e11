"""Feature maps: timm's, and what must hold of those of any network."""

from __future__ import annotations

from typing import Any

import networkx
import pytest
import torch
from examples import examples
from henet_arch.emitters.torch import source
from hypothesis import given
from hypothesis import strategies as st
from references.feature_maps import Maps, kept
from strategies import networks, specs

import henet_arch as ha
from henet_arch.ir.features import feature_channels, feature_strides, features, smallest_image
from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.ir.layers import (
    Add,
    BatchNorm2d,
    Conv2d,
    Elementwise,
    Flatten,
    GlobalAvgPool2d,
    Input,
    Linear,
    MaxPool2d,
    Resize,
)
from henet_arch.ir.transform import with_input
from henet_arch.support.errors import RuleError, SpecError

POINTWISE = {
    "batch_norm2d", "channel_shuffle", "conv2d", "dropout", "hardswish", "relu", "relu6", "silu",
}  # fmt: skip
any_network = st.one_of(networks(), specs())


def _all(spec: ha.Spec) -> ha.Spec:
    """The spec of its feature maps."""
    bare = {"auxiliary": False} if spec.family == "googlenet" else {}
    return spec.replace(features_only=True, softmax=False, **bare)


@pytest.mark.parametrize("row", kept(), ids=lambda row: row.preset)
def test_they_are_timms(row: Maps) -> None:
    graph = ha.features(row.preset).graph
    ours = tuple(zip(feature_channels(graph), feature_strides(graph), strict=True))
    assert ours == row.maps


def test_every_network_that_timm_has_too_is_in_the_table() -> None:
    """AlexNet, GoogLeNet, SqueezeNet, NiN, ShuffleNet and HENet it does not have."""
    families = {ha.preset(row.preset).family for row in kept()}
    assert families == {
        "densenet", "efficientnet", "mobilenet", "mobilenetv2", "mobilenetv3", "regnet",
        "resnet", "vgg", "xception",
    }  # fmt: skip


def test_the_maps_of_networks_that_timm_has_not() -> None:
    known = {
        "henet-imagenet-255": (
            {1: 12, 2: 48, 4: 96, 8: 192, 16: 384, 32: 768, 64: 384, 128: 768},
            "stage4.block4.concat",
        ),
        "googlenet": ({2: 64, 4: 192, 8: 480, 16: 832, 32: 1024}, "stage1.block2.concat"),
        "squeezenet1_1": ({2: 64, 4: 128, 8: 256, 16: 512}, "stage2.block2.concat"),
        "shufflenetv2": ({2: 24, 4: 24, 8: 116, 16: 232, 32: 464}, "stage1.block3.shuffle"),
    }
    for name, (maps, at_8) in known.items():
        graph = ha.features(name).graph
        strides = feature_strides(graph)
        assert dict(zip(strides, feature_channels(graph), strict=True)) == maps
        assert graph.outputs[strides.index(8)] == at_8


def _sizes(graph: Graph, more: int) -> dict[str, int]:
    """The height of each map where the image is higher by `more`."""
    channels, height, width = graph.input_shape
    larger = with_input(graph, (channels, height + more, width + more))
    return {node.name: node.shape[1] for node in larger if len(node.shape) == 3}


def _chain(graph: Graph) -> list[Node]:
    """What every way from the image to the last output leads through."""
    before = networkx.immediate_dominators(graph.nx, "input")
    names = [graph.outputs[-1]]
    while names[-1] != "input":
        names.append(before[names[-1]])
    return [graph[name] for name in reversed(names[:-1])]


@given(any_network)
@examples(80)
def test_each_is_the_last_of_its_stride(spec: ha.Spec) -> None:
    """By networkx's dominators, and by how much higher each map is under a higher image."""
    graph = ha.build(_all(spec))
    strides = feature_strides(graph)
    assert list(strides) == sorted(set(strides))
    most = strides[-1]
    now, higher = _sizes(graph, 0), _sizes(graph, most)
    measured = {
        name: most // (higher[name] - now[name]) for name in now if higher[name] > now[name]
    }
    assert [measured[name] for name in graph.outputs] == list(strides)
    chain = _chain(graph)
    assert {measured[node.name] for node in chain} == set(strides)
    for name, stride in zip(graph.outputs, strides, strict=True):
        group = [node for node in chain if measured[node.name] == stride]
        later = group[group.index(graph[name]) + 1 :]
        assert all(node.layer.kind in POINTWISE for node in later)
        assert not any(isinstance(n.layer, Conv2d) and n.layer.kernel != (1, 1) for n in later)
        assert not later or later[0].layer.kind in ("batch_norm2d", "conv2d", "dropout")


@given(any_network, st.data())
@examples(40)
def test_nothing_is_built_behind_the_last(spec: ha.Spec, data: st.DataObject) -> None:
    whole = _all(spec)
    strides = feature_strides(ha.build(whole))
    chosen = tuple(sorted(data.draw(st.sets(st.sampled_from(strides), min_size=1))))
    graph = ha.build(whole.replace(feature_strides=chosen))
    assert feature_strides(graph) == chosen
    assert graph.live == {node.name for node in graph}
    same = features(ha.build(whole.replace(features_only=False)), chosen)
    assert same.nodes == graph.nodes
    assert same.outputs == graph.outputs
    assert features(graph) == graph


@given(any_network, st.data())
@examples(12)
@torch.no_grad()
def test_the_emitted_module_tells_its_maps(spec: ha.Spec, data: st.DataObject) -> None:
    graph = ha.build(_all(spec))
    module = _module(graph)
    assert module.feature_strides == feature_strides(graph)
    assert module.feature_channels == feature_channels(graph)
    strides = module.feature_strides
    least = smallest_image(graph)
    sizes = [data.draw(st.integers(size, size + strides[-1])) for size in least]
    image = torch.randn(1, graph.input_shape[0], *sizes)
    maps = module(image)
    maps = maps if isinstance(maps, tuple) else (maps,)
    assert tuple(each.shape[1] for each in maps) == module.feature_channels
    assert all(min(each.shape) > 0 for each in maps)
    for axis in (2, 3):
        small = image.narrow(axis, 0, least[axis - 2] - 1)
        with pytest.raises(ValueError, match=r"^an image of \d+x\d+ is too small: \d+x\d+ or more"):
            module(small)


def _module(graph: Graph) -> Any:
    namespace: dict[str, Any] = {}
    exec(source(graph), namespace)
    network = [
        v for v in namespace.values() if isinstance(v, type) and hasattr(v, "feature_strides")
    ]
    return network[0]().eval()


@pytest.mark.parametrize("target", ["torch", "c"])
@given(spec=any_network)
@examples(4, deadline=None)
def test_what_is_emitted_gives_the_same_maps(target: str, spec: ha.Spec) -> None:
    assert ha.verify(_all(spec), target).holds


def test_a_stride_that_is_not_there() -> None:
    with pytest.raises(RuleError, match="no feature map at stride 64") as error:
        ha.features("resnet18", (8, 64))
    assert error.value.fix == "strides that it has: 2, 4, 8, 16, 32"
    with pytest.raises(SpecError, match="strides are not in ascending order, each once") as order:
        ha.preset("resnet18").replace(features_only=True, feature_strides=(16, 8, 8))
    assert order.value.fix == "[8, 16]"
    with pytest.raises(RuleError, match="strides 16, 8 are not in ascending order"):
        features(ha.build("resnet18"), (16, 8))
    with pytest.raises(SpecError, match="chooses among the maps of features_only, which is false"):
        ha.preset("resnet18").replace(feature_strides=(8,))


def test_a_network_without_maps() -> None:
    builder = GraphBuilder("mlp")
    x = builder.add("flatten", Flatten(), builder.add("input", Input((1, 4, 4))))
    builder.add("fc", Linear(16, 2), x)
    with pytest.raises(RuleError, match="network 'mlp' has no feature maps"):
        features(builder.finish())


def _conv(builder: GraphBuilder, name: str, x: Node, out: int, kernel: int, stride: int) -> Node:
    half = kernel // 2
    layer = Conv2d(x.channels, out, (kernel, kernel), (stride, stride), (half, half), bias=False)
    return builder.add(name, layer, x)


def test_a_pre_activated_unit_begins_with_its_norm() -> None:
    """As in timm's ResNet v2: the sum, and not what the next unit makes of it."""
    builder = GraphBuilder("preact")
    x = _conv(builder, "stem", builder.add("input", Input((3, 32, 32))), 8, 3, 2)
    x = builder.add("add", Add(), (x, _conv(builder, "conv1", x, 8, 3, 1)))
    h = builder.add("relu", Elementwise("relu"), builder.add("bn", BatchNorm2d(8), x))
    last = builder.add(
        "sum", Add(), (_conv(builder, "conv2", h, 8, 3, 2), _conv(builder, "skip", h, 8, 1, 2))
    )
    last = builder.add("bn2", BatchNorm2d(8), last)
    x = builder.add("flatten", Flatten(), builder.add("pool", GlobalAvgPool2d(), last))
    builder.add("fc", Linear(8, 2), x)
    assert features(builder.finish()).outputs == ("add", "bn2")


def test_a_norm_behind_a_convolution_is_its_own() -> None:
    builder = GraphBuilder("plain")
    x = builder.add("input", Input((3, 32, 32)))
    for index, kind in enumerate((BatchNorm2d(8), Elementwise("relu"))):
        x = _conv(builder, f"conv{index}", x, 8, 3, 1)
        x = builder.add(f"bn{index}", kind, x)
    x = builder.add("norm", BatchNorm2d(8), x)  # conv, ReLU, norm: an order that some have
    builder.add("pool", MaxPool2d((2, 2), (2, 2)), x)
    assert features(builder.finish()).outputs == ("norm", "pool")


def test_a_decoder_is_behind_the_maps() -> None:
    builder = GraphBuilder("unet")
    a = _conv(builder, "conv1", builder.add("input", Input((3, 32, 32))), 8, 3, 1)
    b = _conv(builder, "conv2", builder.add("down1", MaxPool2d((2, 2), (2, 2)), a), 8, 3, 1)
    c = _conv(builder, "conv3", builder.add("down2", MaxPool2d((2, 2), (2, 2)), b), 8, 3, 1)
    for index, skip in enumerate((b, a)):
        up = builder.add(f"up{index}", Resize(factor=(2.0, 2.0)), c)
        c = builder.add(f"add{index}", Add(), (up, skip))
    graph = features(builder.finish())
    assert graph.outputs == ("conv1", "conv2", "conv3")


@pytest.mark.parametrize("name", ["resnet50", "densenet121", "mobilenetv3-small"])
def test_the_smallest_image_is_a_largest_stride(name: str) -> None:
    assert smallest_image(ha.features(name).graph) == (32, 32)
    assert smallest_image(ha.features(name, (4, 8)).graph) == (8, 8)


def test_json_keeps_that_they_are_feature_maps() -> None:
    graph = ha.features("resnet18", (8, 16)).graph
    again = ha.from_json(ha.to_json(graph))
    assert again == graph
    assert feature_strides(again) == (8, 16)
