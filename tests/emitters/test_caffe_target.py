"""What the Caffe target writes, read back by our own reader and held against the graph."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from caffe_cases import BOTH, GRAPHS, chain
from checkout import ROOT
from cli.run import run
from henet_arch.emitters import INITS, Emitted
from henet_arch.emitters.caffe import Caffe
from henet_arch.emitters.caffe.training import FILLERS
from importers import caffe_nets
from lowering.functional import random_tensors
from opaque import opaque

import henet_arch as ha
from henet_arch.importers._caffe.caffemodel import read_caffemodel
from henet_arch.importers._caffe.message import Message
from henet_arch.importers._caffe.text import parse
from henet_arch.ir import layers
from henet_arch.ir.element_type import element_type
from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.ir.layer import KINDS, Layer
from henet_arch.ir.model import Model, Preprocessing
from henet_arch.ir.tensors import tensors_of
from henet_arch.spec.presets import presets
from henet_arch.support.errors import EmitError, FileError, HenetArchError, LimitError

L: Any = layers  # whose classes are given numbers for pairs here
np = pytest.importorskip("numpy")


def back(emitted: Emitted, folder: Path) -> Model:
    """The network that our reader finds in what was written."""
    path = folder / "net.prototxt"
    emitted.save(path)
    return ha.load(path)


def facts(graph: Graph, *, plain: bool = False) -> list[Any]:
    """All that a file says of a network; `plain` where rounding up and down are the same."""
    nodes = [(n.name, _plain(n) if plain else n.layer, n.inputs, n.shape, n.shares) for n in graph]
    return [graph.name, graph.outputs, *nodes]


def _plain(node: Node) -> Layer:
    """The layer, which rounds down where that gives the same."""
    layer: Any = node.layer
    if not getattr(layer, "ceil_mode", False):
        return node.layer
    down: Layer = replace(layer, ceil_mode=False)
    return down if down.infer(*node.input_shapes) == node.shape else node.layer


def entries(text: str) -> list[tuple[str, str, list[str], list[str]]]:
    """The name, the type, the bottoms and the tops of each layer of a file."""
    return [
        (each.text("name"), each.text("type"), each.texts("bottom"), each.texts("top"))
        for each in parse(text).messages("layer")
    ]


def weights_of(graph: Graph) -> dict[str, Any]:
    """Signed weights for every layer; variances are positive."""
    return {name: tensor.float().numpy() for name, tensor in random_tensors(graph).items()}


def model_of(graph: Graph, **more: Any) -> Model:
    """A model with weights."""
    return replace(ha.load(graph), weights=weights_of(graph), **more)


@pytest.mark.parametrize("repeats", [2, 3])
def test_henet_is_written_as_by_hand(repeats: int) -> None:
    """Against the file that was written after the paper's Table 2."""
    written = entries(ha.emit(f"henet-r{repeats}", "caffe").text)
    by_hand = entries(caffe_nets.henet(repeats, as_ours=True))
    assert written[0] == ("input", "Input", [], ["data"])
    assert written[1:] == by_hand[1:]


def _families() -> dict[str, list[str]]:
    families: dict[str, list[str]] = {}
    for name, spec in presets().items():
        families.setdefault(spec.family, []).append(name)
    return families


FAMILIES = _families()
NOT_HELD = {
    "mobilenetv3-": ("stem.act", "Caffe has no layer that computes hardswish"),
    "resnet20": ("stage2.block1.skip.pad", "Caffe has no layer that computes pad_channels"),
    "resnet32": ("stage2.block1.skip.pad", "Caffe has no layer that computes pad_channels"),
    "resnet44": ("stage2.block1.skip.pad", "Caffe has no layer that computes pad_channels"),
    "resnet56": ("stage2.block1.skip.pad", "Caffe has no layer that computes pad_channels"),
    "resnet110": ("stage2.block1.skip.pad", "Caffe has no layer that computes pad_channels"),
}
"""The presets that Caffe cannot hold, by how their names begin: the layer, and what of it."""


@pytest.mark.parametrize("family", FAMILIES)
def test_every_preset_comes_back_as_it_was(family: str, tmp_path: Path) -> None:
    for name in FAMILIES[family]:
        graph = ha.build(name)
        refusal = next((NOT_HELD[start] for start in NOT_HELD if name.startswith(start)), None)
        if refusal:
            with pytest.raises(EmitError) as caught:
                ha.emit(graph, "caffe")
            assert (caught.value.where, caught.value.what) == refusal
        else:
            again = back(ha.emit(graph, "caffe"), tmp_path).graph
            assert facts(again, plain=True) == facts(graph, plain=True), name


def test_the_document_says_which_presets_there_are() -> None:
    text = (ROOT / "docs" / "caffe.md").read_text("utf-8")
    rows = re.findall(r"(?m)^\| (\S+) \| (\d+) of (\d+) \|", text)
    wanted = []
    for family, names in FAMILIES.items():
        out = [name for name in names if any(map(name.startswith, NOT_HELD))]
        wanted.append((family, str(len(names) - len(out)), str(len(names))))
    assert rows == wanted
    for layer, what in NOT_HELD.values():
        assert f"`{layer}`: {what}" in text


def test_weights_come_back_bit_by_bit(tmp_path: Path) -> None:
    for name in ("henet-r2", "shufflenetv2-x050"):
        model = model_of(ha.build(name))
        emitted = ha.emit(model, "caffe")
        assert list(emitted) == [f"{name}.prototxt", f"{name}.caffemodel"]
        again = back(emitted, tmp_path)
        assert again.weights
        assert model.weights
        assert set(again.weights) == set(model.weights)
        for key, values in model.weights.items():
            assert again.weights[key].tobytes() == values.tobytes(), key


@pytest.mark.parametrize(
    ("graph", "dialects"), GRAPHS, ids=[graph.nodes[-1].layer.kind for graph, _ in GRAPHS]
)
def test_every_kind_comes_back(graph: Graph, dialects: tuple[str, ...], tmp_path: Path) -> None:
    for dialect in BOTH:
        if dialect not in dialects:
            with pytest.raises(EmitError):
                ha.emit(graph, "caffe", dialect=dialect)
            continue
        model = model_of(graph)
        again = back(ha.emit(model, "caffe", dialect=dialect), tmp_path)
        assert {**tensors_of(again.graph)} == {**tensors_of(graph)}
        assert [(n.name, n.shape) for n in again.graph] == [(n.name, n.shape) for n in graph]
        mine, theirs = (ha.analyze(each).macs for each in (graph, again))
        assert mine == theirs
        if graph.nodes[-1].layer.kind not in REWRITTEN:
            assert facts(again.graph, plain=True) == facts(graph, plain=True)


REWRITTEN = {
    "adaptive_avg_pool2d", "adaptive_max_pool2d", "avg_pool2d", "max_pool2d", "slice_channels",
}  # fmt: skip
"""Kinds that come back as others, or with other settings that say the same."""


def _two(layer: Layer, shape: tuple[int, ...] = (4, 9, 9)) -> Graph:
    """A layer that reads an image and another input."""
    builder = GraphBuilder("two")
    nodes = [builder.add("image", layers.Input((4, 9, 9))), builder.add("b", layers.Input(shape))]
    builder.add("layer1", layer, nodes)
    return builder.finish()


def _half() -> Graph:
    builder = GraphBuilder("half")
    image = builder.add("image", layers.Input((4, 9, 9)), element_type=element_type("float16"))
    builder.add("layer1", layers.Elementwise("relu"), image)
    return builder.finish()


def _opaque() -> Graph:
    builder = GraphBuilder("opaque")
    opaque(builder, "layer1", builder.add("image", layers.Input((4, 9, 9))), (4, 9, 9))
    return builder.finish()


ELSEWHERE = "another target: torch, onnx or c"
BVLC, OPENCV = (f"option dialect={name}, or {ELSEWHERE}" for name in ("bvlc", "opencv"))
REFUSED: list[tuple[Graph, dict[str, str], str, str]] = [
    *((chain(layer), {}, f"Caffe has no layer that computes {layer.kind}", ELSEWHERE) for layer in (
        L.Elementwise("gelu"), L.Elementwise("gelu_tanh"), L.Elementwise("hardsigmoid"),
        L.Elementwise("hardswish"), L.Pad2d((1, 1, 1, 1)), L.PadChannels(1, 1), L.PixelShuffle(2),
        L.PixelUnshuffle(3), L.ChannelMean(), L.ChannelMax(), L.LayerNorm(4), L.GroupNorm(2, 4),
    )),
    (_two(L.Minimum()), {}, "Caffe has no layer that computes minimum", ELSEWHERE),
    (_two(L.Divide()), {}, "Caffe has no layer that computes divide", ELSEWHERE),
    (_two(L.Multiply(), (1, 9, 9)), {}, "a join of 4x9x9, 1x9x9", ELSEWHERE),
    (_two(L.Subtract(), (4, 1, 1)), {}, "a difference of 4x9x9 and 4x1x1", ELSEWHERE),
    (_two(L.Maximum(), (4, 1, 1)), {}, "a join of 4x9x9, 4x1x1", ELSEWHERE),
    (_two(L.Add(), (4, 1, 1)), {}, "OpenCV's Caffe has no Bias", BVLC),
    (chain(L.Conv2d(4, 4, 2, padding=(0, 1, 0, 1))), {}, "a padding of 0x1x0x1", ELSEWHERE),
    (chain(L.MaxPool2d(2, 1, (0, 1, 0, 1))), {}, "a padding of 0x1x0x1", ELSEWHERE),
    (chain(L.ConvTranspose2d(4, 4, 3, 2, 1, 1)), {}, "an output padding of 1x1", ELSEWHERE),
    (chain(L.AvgPool2d(3, 2, 1, count_include_pad=False)), {}, "a mean without", ELSEWHERE),
    (chain(L.AvgPool2d(3, 2, divisor_override=5)), {}, "sums divided by 5", ELSEWHERE),
    (chain(L.AvgPool2d(2, 2, 0, True, divisor_override=4)), {}, "sums divided by 4", ELSEWHERE),
    (chain(L.AdaptiveAvgPool2d(4)), {}, "4x4 windows over a map of 9x9", ELSEWHERE),
    (chain(L.MaxPool2d((1, 2), 2, 0, True), shape=(4, 10, 9)), {}, "a pool to 4x5x5",
     ELSEWHERE),
    (chain(L.LocalResponseNorm(4)), {}, "a size of 4", ELSEWHERE),
    (chain(L.LocalResponseNorm(3, k=2.0)), {}, "OpenCV's Caffe has no k of an LRN", BVLC),
    (chain(L.SliceChannels(0, 4, 2)), {}, "one of 2 channels", ELSEWHERE),
    (chain(L.Resize((2.0, 2.0))), {}, "a map resized by mode='nearest'", ELSEWHERE),
    (chain(L.Resize(None, (3, 3), "bilinear", True)), {"dialect": "bvlc"},
     "BVLC's Caffe has no Interp", OPENCV),
    (chain(L.Crop2d((1, 1, 1, 1))), {}, "a crop to 7x7", ELSEWHERE),
    (chain(L.Crop2d(0, (2, 1))), {}, "a crop of stride 2x1", ELSEWHERE),
    (chain(L.Elementwise("softplus", (2.0,))), {}, "a softplus with beta = 2.0", ELSEWHERE),
    (chain(L.Elementwise("clip")), {}, "OpenCV's Caffe has no Clip", BVLC),
    (chain(L.Elementwise("mish")), {"dialect": "bvlc"}, "BVLC's Caffe has no Mish", OPENCV),
    (chain(L.Scale(4, weight=False)), {}, "OpenCV's Caffe has no Bias", BVLC),
    (chain(L.ChannelShuffle(2)), {"dialect": "bvlc"}, "BVLC's Caffe has no ShuffleChannel", OPENCV),
    (chain(L.ChannelShuffle(2)), {"dialect": "bvlc", "shuffle": "Permute"},
     "BVLC's Caffe has no Permute", OPENCV),
    (chain(L.Elementwise("affine", (1e39, 0.0))), {}, "scale = 1e+39 is beyond the numbers of", ""),
    (_half(), {}, "these elements are float16", "the network in"),
    (_opaque(), {}, "what the operator aten.roll computes is not known", "a network without it"),
]  # fmt: skip
"""A network, options, and what is said of its last layer, or of its first."""


@pytest.mark.parametrize(
    ("graph", "options", "what", "fix"), REFUSED, ids=[what for *_, what, _ in REFUSED]
)
def test_what_caffe_cannot_hold_is_refused(
    graph: Graph, options: dict[str, str], what: str, fix: str
) -> None:
    with pytest.raises(EmitError) as caught:
        ha.emit(graph, "caffe", **options)
    error = caught.value
    assert error.what.startswith(what)
    assert error.where in (graph.nodes[0].name, graph.nodes[-1].name)
    assert error.fix.startswith(fix)
    assert error.why or "no" in what.split()
    if other := re.search(r"dialect=(\w+)", error.fix):
        ha.emit(graph, "caffe", dialect=other[1])
    if ELSEWHERE in error.fix:
        for target in ("torch", "onnx", "c"):
            assert ha.emit(graph, target)


def test_every_kind_of_layer_is_held_or_refused() -> None:
    held = {node.layer.kind for graph, _ in GRAPHS for node in graph}
    refused = {node.layer.kind for graph, *_ in REFUSED for node in graph}
    assert held | refused == set(KINDS)


def test_a_pool_that_rounds_down_says_so_where_it_matters() -> None:
    equal, other = chain(L.MaxPool2d(3, 2)), chain(L.MaxPool2d(2, 2))
    assert "mode" not in ha.emit(equal, "caffe").text
    assert "ceil_mode: false" in ha.emit(other, "caffe").text
    assert "round_mode: FLOOR" in ha.emit(other, "caffe", dialect="bvlc").text
    assert "mode" not in ha.emit(chain(L.MaxPool2d(2, 2, ceil_mode=True)), "caffe").text


def test_a_shuffle_in_three_layers_comes_back(tmp_path: Path) -> None:
    emitted = ha.emit("shufflenet-r2", "caffe", shuffle="Permute")
    assert "ShuffleChannel" not in emitted.text
    again = back(emitted, tmp_path).graph
    assert facts(again, plain=True) == facts(ha.build("shufflenet-r2"), plain=True)


def _net(add: Callable[[GraphBuilder, Node], Any], channels: int = 4) -> Graph:
    builder = GraphBuilder("net")
    ends = add(builder, builder.add("image", layers.Input((channels, 9, 9))))
    return builder.finish(ends or ())


def test_layers_change_blobs_in_place_where_they_may() -> None:
    """Not what others read, what is an output, or what the gradient of the giver needs."""

    def add(builder: GraphBuilder, x: Node) -> list[Node]:
        first = builder.add("first", L.Elementwise("relu"), x)
        conv = builder.add("conv", L.Conv2d(4, 4, 1), first)
        relu = builder.add("relu", L.Elementwise("relu"), conv)
        norm = builder.add("norm", L.BatchNorm2d(4), relu)
        drop = builder.add("drop", L.Dropout(), builder.add("act", L.Elementwise("relu"), norm))
        sigmoid = builder.add("sigmoid", L.Elementwise("sigmoid"), drop)
        last = builder.add("last", L.Dropout(), sigmoid)
        read = builder.add("read", L.Conv2d(4, 4, 1), last)
        one, two = (builder.add(name, L.Elementwise("relu"), read) for name in ("one", "two"))
        end = builder.add("end", L.Conv2d(4, 4, 1), builder.add("sum", L.Add(), [one, two]))
        return [builder.add("after", L.Elementwise("relu"), end), end]

    tops = {name: tops[0] for name, _, _, tops in entries(ha.emit(_net(add), "caffe").text)}
    assert {name: top for name, top in tops.items() if name != top} == {
        "image": "data",
        "relu": "conv",
        "norm_scale": "norm",
        "act": "norm",
        "drop": "norm",
    }


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1,)])
def test_outputs_keep_their_order(order: tuple[int, ...], tmp_path: Path) -> None:
    """One of them is read by another layer, and those that are none are silenced."""

    def add(builder: GraphBuilder, x: Node) -> list[Node]:
        one = builder.add("one", L.Conv2d(4, 2, 1), x)
        two = builder.add("two", L.Elementwise("tanh"), one)
        both = [one, two, builder.add("three", L.SliceChannels(1, 3), x)]
        return [both[index] for index in order]

    graph = _net(add)
    emitted = ha.emit(graph, "caffe")
    again = back(emitted, tmp_path).graph
    assert again.outputs == graph.outputs
    assert facts(again) == facts(graph) if 2 in order else "Silence" in emitted.text


def test_features_of_stages_are_outputs(tmp_path: Path) -> None:
    graph = ha.build(ha.Spec(family="resnet", channels=(8, 16), repeats=1, features_only=True))
    again = back(ha.emit(graph, "caffe"), tmp_path).graph
    assert facts(again, plain=True) == facts(graph, plain=True)


def test_one_slice_gives_all_parts_that_do_not_overlap(tmp_path: Path) -> None:
    def add(builder: GraphBuilder, x: Node) -> list[Node]:
        bounds = {"a.last": (3, 4), "b.first": (0, 1), "c.over": (0, 3), "c.rest": (3, 4)}
        return [builder.add(name, L.SliceChannels(*each), x) for name, each in bounds.items()]

    graph = _net(add)
    text = ha.emit(graph, "caffe").text
    slices = [(name, tops) for name, kind, _, tops in entries(text) if kind == "Slice"]
    assert slices == [
        ("a/slice", ["b/first", "a/slice_rest", "a/last"]),
        ("c/slice", ["c/over", "c/rest"]),
    ]
    again = back(ha.emit(graph, "caffe"), tmp_path).graph
    assert {n.name: n.layer for n in again} == {n.name: n.layer for n in graph}
    assert again.outputs == graph.outputs


def test_weights_that_layers_share(tmp_path: Path) -> None:
    def add(builder: GraphBuilder, x: Node) -> None:
        for scope in ("a", "b"):
            for name, layer in (("conv", L.Conv2d(4, 4, 1)), ("norm", L.BatchNorm2d(4))):
                owner = f"a.{name}" if scope == "b" else ""
                x = builder.add(f"{scope}.{name}", layer, x, shares=owner)

    graph = _net(add)
    model = model_of(graph)
    again = back(ha.emit(model, "caffe"), tmp_path)
    assert facts(again.graph) == facts(graph)
    assert again.weights
    assert model.weights
    assert {n: v.tobytes() for n, v in again.weights.items()} == {
        n: v.tobytes() for n, v in model.weights.items()
    }


HOSTILE = (
    "data", "label", "loss", "accuracy", "norm_scale", "silence", "slice", "Input", "pixels",
    "net.data", "net.label", "x_.y_", "norm_scale_2", "a" * 80, "deploy.prototxt",
)  # fmt: skip
"""Names that what is written could have too."""


def test_names_that_are_taken_otherwise(tmp_path: Path) -> None:
    def add(builder: GraphBuilder, x: Node) -> Node:
        y = builder.add("norm", L.BatchNorm2d(3), x)
        builder.add("dead", L.Conv2d(3, 4, 1), y)
        for name in HOSTILE:
            y = builder.add(name, L.Elementwise("tanh"), y)
        y = builder.add("again", L.SliceChannels(1, 3), y)
        y = builder.add("flat", L.Flatten(), y)
        return builder.add("end", L.Linear(162, 5), y)

    graph = _net(add, 3)
    emitted = ha.emit(graph, "caffe")
    again = back(emitted, tmp_path).graph
    assert facts(again) == facts(graph)
    folder = ha.emit(graph, "caffe", folder=True)
    for text in (emitted.text, folder["train_val.prototxt"].decode()):
        names = [name for name, *_ in entries(text)]
        assert len(names) - len(set(names)) == ("TRAIN" in text)
    (tmp_path / "train_val.prototxt").write_bytes(folder["train_val.prototxt"])
    trained = ha.load(tmp_path / "train_val.prototxt").graph
    assert [n.shape for n in trained] == [n.shape for n in graph]


def test_names_as_no_builder_gives_them() -> None:
    graph = ha.build("henet-r2")
    evil = replace(graph, name='x"\n}')
    with pytest.raises(HenetArchError, match="is not a name"):
        ha.emit(evil, "caffe")
    node = graph.nodes[-1]._replace(name='fc" }\nlayer {')
    with pytest.raises(HenetArchError, match="is not a layer name"):
        ha.emit(replace(graph, nodes=(*graph.nodes[:-1], node)), "caffe")


def _folder(source: Any, **options: Any) -> dict[str, str]:
    """The texts of a folder by name."""
    emitted = ha.emit(source, "caffe", folder=True, **options)
    return {n: c.decode() for n, c in emitted.items() if not n.endswith(".caffemodel")}


def _phase(text: str, phase: str) -> list[Message]:
    """The layers that a network has in a phase."""
    layers_ = parse(text).messages("layer")
    rules = [each.message("include").enum("phase", {"TRAIN": 0, "TEST": 1}, phase)
             for each in layers_]  # fmt: skip
    return [each for each, rule in zip(layers_, rules, strict=True) if rule == phase]


def test_a_folder_has_all_to_train_and_use_the_network() -> None:
    files = ha.emit("henet-r2", "caffe", folder=True)
    assert list(files) == [
        "deploy.prototxt", "train_val.prototxt", "solver.prototxt", "README.md",
    ]  # fmt: skip
    assert files["deploy.prototxt"].decode() == ha.emit("henet-r2", "caffe").text
    assert str(files).startswith("deploy.prototxt: ")
    with pytest.raises(EmitError, match="caffe writes 4 files"):
        files.text  # noqa: B018
    graph = ha.build("henet-r2")
    model = model_of(graph, class_names=("cat", "a\ndog"))
    texts = _folder(model)
    assert texts["labels.txt"] == "cat\na dog\n"
    assert "--weights=deploy.caffemodel" in texts["README.md"]
    assert 'readNetFromCaffe("deploy.prototxt", "deploy.caffemodel")' in texts["README.md"]
    assert "henet-r2_iter_65000.caffemodel" in files["README.md"].decode()
    assert "caffe.Net(" in _folder("mobilenetv2", dialect="bvlc")["README.md"]


def test_the_solver_is_that_of_the_paper() -> None:
    """Section 4.1: the learning rate is 0.01, "multistep"; 65K iterations, a tenth at 32k and 48k;
    weight decay 0.0005; batches of 128; Nesterov momentum.
    """
    texts = _folder("henet-r3")
    solver = parse(texts["solver.prototxt"])
    assert solver.text("net") == "train_val.prototxt"
    assert solver.real("base_lr", 0) == 0.01
    assert solver.text("lr_policy") == "multistep"
    assert solver.real("gamma", 0) == 0.1
    assert solver.wholes("stepvalue") == [32_000, 48_000]
    assert solver.whole("max_iter", 0) == 65_000
    assert solver.text("type") == "Nesterov"
    assert solver.real("momentum", 0) == 0.9
    assert solver.real("weight_decay", 0) == 0.0005
    assert solver.whole("test_interval", 0) == 1000
    train, test = (_phase(texts["train_val.prototxt"], p)[0] for p in ("TRAIN", "TEST"))
    assert train.message("data_param").whole("batch_size", 0) == 128
    tested = test.message("data_param").whole("batch_size", 0) * solver.whole("test_iter", 0)
    assert tested == 10_000  # the images that CIFAR-10 has to test with


def test_a_network_that_trains_is_the_same_in_both_phases(tmp_path: Path) -> None:
    text = _folder("henet-r2")["train_val.prototxt"]
    for phase, source, mirror in (("TRAIN", "train_lmdb", True), ("TEST", "val_lmdb", False)):
        data, *network = _phase(text, phase)
        assert (data.text("type"), data.texts("top")) == ("Data", ["data", "label"])
        assert data.message("data_param").text("source") == source
        transform = data.message("transform_param")
        assert (transform.flag("mirror", not mirror), transform.whole("crop_size", 0)) == (
            mirror, 31,
        )  # fmt: skip
        kinds = [layer.text("type") for layer in network]
        ends = ["SoftmaxWithLoss", "Accuracy"] if phase == "TEST" else ["SoftmaxWithLoss"]
        assert kinds[-len(ends) :] == ends
        assert all(each.texts("bottom") == ["head/fc", "label"] for each in network[-len(ends) :])
        inside = entries(ha.emit("henet-r2", "caffe").text)[1:]
        assert [each.text("name") for each in network[: -len(ends)]] == [n for n, *_ in inside]
    (tmp_path / "net.prototxt").write_text(text)
    (tmp_path / "train.prototxt").write_text(text.replace("TEST", "X").replace("TRAIN", "TEST")
                                             .replace("phase: X", "phase: TRAIN"))  # fmt: skip
    for name in ("net", "train"):
        graph, wanted = ha.load(tmp_path / f"{name}.prototxt").graph, ha.build("henet-r2")
        assert facts(graph)[1:2] == facts(wanted)[1:2]
        assert [(n.name, n.layer) for n in graph][1:] == [(n.name, n.layer) for n in wanted][1:]
        assert graph.input_shape == (3, 31, 31)


@pytest.mark.parametrize(
    ("network", "option", "filler"),
    [
        ("henet-r2", None, {"type": "gaussian", "std": "0.01"}),
        ("henet-r2", "kaiming", {"type": "msra"}),
        ("mobilenetv2", None, {"type": "msra"}),
        ("mobilenetv2", "gaussian", {"type": "gaussian", "std": "0.01"}),
    ],
)
def test_weights_start_as_the_family_says(
    network: str, option: str | None, filler: dict[str, str]
) -> None:
    texts = _folder(network, init=option)
    filled = {
        tuple((field.name, getattr(field.value, "text", "")) for field in start.fields)
        for layer in parse(texts["train_val.prototxt"]).messages("layer")
        for name in ("convolution_param", "inner_product_param")
        if layer.has(name)
        for start in [layer.message(name).message("weight_filler")]
    }
    assert filled == {tuple(filler.items())}
    assert "filler" not in texts["deploy.prototxt"]
    assert set(FILLERS) == set(INITS)


def test_the_last_layer_learns_as_in_the_papers_files() -> None:
    text = _folder("henet-r2")["train_val.prototxt"]
    rates = {
        layer.text("name"): [(p.real("lr_mult", 9), p.real("decay_mult", 9))
                             for p in layer.messages("param")]
        for layer in parse(text).messages("layer") if layer.has("param")
    }  # fmt: skip
    assert rates == {"head/fc": [(1, 1), (2, 0)]}


def test_probabilities_are_trained_by_what_they_are_made_of() -> None:
    spec = ha.Spec(channels=(4, 8), repeats=0, input=7, softmax=True)
    texts = _folder(spec)
    assert entries(texts["deploy.prototxt"])[-1][1] == "Softmax"
    kinds = {kind: bottoms for _, kind, bottoms, _ in entries(texts["train_val.prototxt"])}
    assert "Softmax" not in kinds
    assert kinds["SoftmaxWithLoss"] == ["head/fc", "label"]


def test_auxiliary_outputs_have_losses_of_less_weight() -> None:
    texts = _folder(presets()["googlenet-auxiliary"])
    assert entries(texts["deploy.prototxt"])[-1][1] == "Split"
    assert '"Split"' not in texts["train_val.prototxt"]
    losses = [
        (each.text("name"), each.texts("bottom")[0], each.real("loss_weight", 1.0))
        for each in parse(texts["train_val.prototxt"]).messages("layer")
        if each.text("type") == "SoftmaxWithLoss"
    ]
    assert losses == [
        ("loss", "head/fc", 1.0),
        ("aux1/loss", "aux1/fc2", 0.3),
        ("aux2/loss", "aux2/fc2", 0.3),
    ]


@pytest.mark.parametrize(
    ("source", "what"),
    [
        (ha.Spec(channels=(4, 8), repeats=0, input=7, features_only=True), "and no scores of"),
        (_two(L.Concat()), "two takes 4x9x9, 4x9x9"),
        (chain(L.Flatten(), L.Linear(9, 2), shape=(9,)), "chain takes 9"),
    ],
)
def test_networks_that_no_folder_trains(source: Any, what: str) -> None:
    with pytest.raises(EmitError) as caught:
        ha.emit(source, "caffe", folder=True)
    assert what in caught.value.what
    assert caught.value.fix == "a file: --output net.prototxt"
    assert ha.emit(source, "caffe").text


def _pixels(std: tuple[float, ...], order: Any = "RGB") -> Model:
    model = ha.load(ha.Spec(name="net", channels=(4, 8), repeats=0, input=7))
    return replace(model, preprocessing=Preprocessing((125.0, 123.5, 114.0), std, order))


def test_images_are_normalised_by_the_data_layers() -> None:
    texts = _folder(_pixels((64.0,) * 3))
    for phase in ("TRAIN", "TEST"):
        transform = _phase(texts["train_val.prototxt"], phase)[0].message("transform_param")
        assert transform.reals("mean_value") == [125, 123.5, 114]
        assert transform.real("scale", 1) == 1 / 64
    assert "channel order RGB" in texts["deploy.prototxt"]
    assert "# mean 125, 123.5, 114; std 64, 64, 64." in texts["deploy.prototxt"]
    assert "convert_imageset writes them the other way round" in texts["README.md"]
    assert "convert_imageset writes them." in _folder(_pixels((64.0,) * 3, "BGR"))["README.md"]


def test_a_deviation_for_each_channel_is_a_layer_for_each(tmp_path: Path) -> None:
    """A transform_param has one scale; the values are those of `(byte - mean) / std`."""
    text = _folder(_pixels((64.0, 32.0, 50.0)))["train_val.prototxt"]
    data = _phase(text, "TEST")[0]
    assert data.texts("top") == ["pixels", "label"]
    assert not data.message("transform_param").has("scale")
    assert data.message("transform_param").reals("mean_value") == [125, 123.5, 114]
    (tmp_path / "net.prototxt").write_text(text)
    graph = ha.load(tmp_path / "net.prototxt").graph
    kinds = [node.layer.kind for node in graph][:8]
    assert kinds == ["input", *["slice_channels"] * 3, *["affine"] * 3, "concat"]
    scales = [node.layer.attributes()["scale"] for node in graph if node.layer.kind == "affine"]
    assert scales == [1 / 64, 1 / 32, 1 / 50]
    assert graph["stem.conv"].inputs == ("pixels.concat",)


def test_numbers_for_bytes_from_0_to_1_are_those_of_bytes() -> None:
    unit = Preprocessing((0.5,) * 3, (0.25,) * 3, scale=1 / 255)
    data = _phase(
        _folder(replace(_pixels((1.0,) * 3), preprocessing=unit))["train_val.prototxt"], "TEST"
    )
    transform = data[0].message("transform_param")
    assert transform.reals("mean_value") == [127.5] * 3
    assert transform.real("scale", 1) == 1 / 63.75


def test_a_grey_image_gives_every_channel_the_same() -> None:
    grey = Preprocessing((100.0,), (50.0,), "grey")
    text = _folder(replace(_pixels((1.0,) * 3), preprocessing=grey))["train_val.prototxt"]
    assert _phase(text, "TEST")[0].message("transform_param").reals("mean_value") == [100] * 3


def test_colours_for_an_input_of_one_channel() -> None:
    model = ha.load(ha.Spec(name="net", channels=(4, 8), repeats=0, input=(1, 7, 7)))
    known = Preprocessing((1.0,) * 3, (2.0,) * 3)
    with pytest.raises(EmitError, match="Caffe makes no mean of 3 normalised channels"):
        ha.emit(replace(model, preprocessing=known), "caffe")


def test_images_of_one_channel_and_of_no_square() -> None:
    spec = ha.Spec(channels=(4, 8), repeats=0, input=(1, 7, 9))
    text = _folder(spec)["train_val.prototxt"]
    transform = _phase(text, "TRAIN")[0].message("transform_param")
    assert transform.flag("force_gray", False)
    assert not transform.has("crop_size")
    assert "Caffe crops squares alone" in text


def test_one_slope_has_the_shape_that_caffe_and_opencv_take(tmp_path: Path) -> None:
    """Caffe's has no axis, and compares; OpenCV reads no shape without one; both take four ones."""
    ha.emit(model_of(chain(L.PReLU(1), L.PReLU(4))), "caffe").save(tmp_path / "net.prototxt")
    blobs = read_caffemodel(tmp_path / "net.caffemodel").layers
    assert blobs["layer1"][0].legacy == {1: 1, 2: 1, 3: 1, 4: 1}
    assert blobs["layer1"][0].dims is None
    assert blobs["layer2"][0].dims == [4]


def test_layers_without_weights_have_no_caffemodel(tmp_path: Path) -> None:
    graph = chain(L.Elementwise("relu"))
    emitted = ha.emit(model_of(graph), "caffe")
    assert list(emitted) == ["chain.prototxt"]
    assert facts(back(emitted, tmp_path).graph) == facts(graph)


def test_weights_that_are_too_many_for_protobuf() -> None:
    graph = chain(L.Flatten(), L.Linear(2**16, 2**14, False), shape=(4, 128, 128))
    model = replace(ha.load(graph), weights={"layer2.weight": np.zeros(1)})
    with pytest.raises(LimitError, match="4,294,967,296 bytes of weights are more than the"):
        ha.emit(model, "caffe")


def test_options_without_effect_are_refused() -> None:
    with pytest.raises(EmitError, match="init has no effect"):
        Caffe(init="kaiming")
    with pytest.raises(HenetArchError, match="unknown dialect 'tensorrt'"):
        Caffe(dialect="tensorrt")


def test_the_command_writes_both_files_and_the_folder() -> None:
    assert run("emit", "henet-r2", "-o", "net.prototxt") == (0, "", "wrote net.prototxt\n")
    assert not Path("net.caffemodel").exists()
    assert (
        run("analyze", "net.prototxt", "-f", "csv").out
        == run("analyze", "henet-r2", "-f", "csv").out
    )
    texts = run("emit", "net.prototxt", "--target", "caffe").out, Path("net.prototxt").read_text()
    assert len({text.partition("\nname:")[2] for text in texts}) == 1
    assert run("emit", "henet-r2", "-o", "net", "--target", "caffe").code == 0
    assert sorted(path.name for path in Path("net").iterdir()) == [
        ".henet-arch.json", "README.md", "deploy.prototxt", "solver.prototxt",
        "train_val.prototxt",
    ]  # fmt: skip
    Path("net/henet-r2_iter_65000.caffemodel").write_bytes(b"trained")
    again = ("emit", "henet-r2", "-o", "net", "--target", "caffe")
    assert "which henet-arch did not write" in run(*again).err
    assert run(*again, "--force").code == 0
    assert Path("net/henet-r2_iter_65000.caffemodel").read_bytes() == b"trained"


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("mobilenetv3-small", "-o", "net.prototxt"), 3, "where: stem.act"),
        (("henet-r2", "-o", "net.prototxt", "--option", "dialect=bvlc"), 3, "dialect=opencv"),
        (("henet-r2", "-o", "net.prototxt", "--option", "init=kaiming"), 2, "init has no effect"),
        (("henet-r2", "-o", "net.prototxt", "--option", "shuffle=Split"), 2, "shuffle"),
        (("henet-r2", "-o", "net.caffemodel"), 3, "no target writes '.caffemodel'"),
        (("henet-r2", "-o", "net.prototxt", "--tune"), 2, "--tune changes nothing here"),
    ],
)
def test_what_the_command_refuses(words: tuple[str, ...], code: int, says: str) -> None:
    outcome = run("emit", *words)
    assert (outcome.code, outcome.out) == (code, "")
    assert says in outcome.err
    assert not list(Path().iterdir())


def test_a_file_of_weights_is_no_network() -> None:
    ha.emit(model_of(ha.build("henet-r2")), "caffe").save("net.prototxt")
    Path("net.prototxt").unlink()
    with pytest.raises(FileError) as caught:
        ha.load("net.caffemodel")
    assert caught.value.what == "it holds weights, and not how the layers are connected"
    assert caught.value.fix == "the prototxt that it belongs to"


def test_a_prototxt_is_emitted_without_torch_and_at_once() -> None:
    code = (
        "import sys, resource\n"
        "from henet_arch.cli import main\n"
        "sys.argv = ['henet-arch', 'emit', 'mobilenetv2', '-o', 'net.prototxt']\n"
        "try: main()\nexcept SystemExit as end: assert not end.code\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(sorted({'torch', 'numpy', 'onnx', 'sympy', 'cv2'} & sys.modules.keys()))\n"
        "print(used.ru_utime + used.ru_stime)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded, seconds = ended.stdout.splitlines()
    assert loaded == "[]"
    assert float(seconds) < 3
