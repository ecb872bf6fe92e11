"""Emitted ONNX: valid by ONNX's own tools, and the same numbers in ONNX Runtime as in PyTorch."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
np = pytest.importorskip("numpy")

import onnx  # noqa: E402
import torch  # noqa: E402
from all_graphs import all_graphs  # noqa: E402
from emitted_onnx import (  # noqa: E402
    comparable,
    computed,
    content,
    images_of,
    in_openvino,
    model_of,
    off,
    run,
    shapes,
    without_weights,
    written,
)
from every_kind import L, Net, everything  # noqa: E402
from examples import SHARE, examples  # noqa: E402
from exported import onnx_bytes  # noqa: E402
from henet_arch.emitters.onnx import Onnx  # noqa: E402
from henet_arch.emitters.onnx.rows import ROWS  # noqa: E402
from henet_arch.emitters.onnx.versions import OLDEST, newest  # noqa: E402
from hypothesis import HealthCheck, assume, given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from lowering.strangers import strangers  # noqa: E402
from strategies import SMALL, networks, specs  # noqa: E402

import henet_arch as ha  # noqa: E402
from henet_arch.ir.element_type import ELEMENT_TYPES  # noqa: E402
from henet_arch.ir.functions import FUNCTIONS  # noqa: E402
from henet_arch.ir.graph import Graph, GraphBuilder, Node  # noqa: E402
from henet_arch.ir.layer import KINDS, Layer  # noqa: E402
from henet_arch.ir.model import Model  # noqa: E402
from henet_arch.runtime.torch.comparison import difference  # noqa: E402
from henet_arch.support.errors import EmitError  # noqa: E402

SAME: dict[str, Any] = {
    "suppress_health_check": list(HealthCheck),
    "derandomize": SHARE <= 1,
}
BOUND = 1e-5
"""Of the largest number: what rounding in single precision may change."""


def test_every_kind_has_a_row() -> None:
    assert set(ROWS) == set(KINDS) - {"input", "opaque"}


def _is_close(model: Model, proto: onnx.ModelProto) -> bool:
    """Whether single precision has such numbers; then they are those of double precision.

    It does not where they overflow, or are what is left of larger ones.
    """
    ours, single = off(model, proto)
    assert single > 1e-3 or ours <= max(BOUND, 8 * single)
    return single < 1e-3


def _back(model: Model, folder: Path, **options: Any) -> Model:
    """The file as `load` reads it."""
    (folder / "net.onnx").write_bytes(content(model, **options))
    return ha.load(folder / "net.onnx")


def _same(model: Model, back: Model) -> None:
    """The layers are the same, and their weights bit by bit."""
    assert comparable(back.graph) == comparable(model.graph)
    assert (back.graph.outputs, back.name) == (model.graph.outputs, model.name)
    weights: Any = (back.weights, model.weights)
    assert set(weights[0]) == set(weights[1])
    for key, values in weights[1].items():
        assert np.array_equal(weights[0][key], values), key


def test_every_kind() -> None:
    graph = everything()
    pointwise = {kind for kind, layer in KINDS.items() if layer is L.Elementwise}
    assert {node.layer.kind for node in graph} - pointwise == set(KINDS) - pointwise - {"opaque"}
    model = model_of(graph)
    assert _is_close(model, written(model))


SETTINGS: dict[str, tuple[tuple[float, ...], ...]] = {
    "leaky_relu": ((0.01,), (-0.5,)),
    "elu": ((1.0,), (0.3,)),
    "softplus": ((1.0, 20.0), (0.5, 20.0), (2.0, 0.25)),
    "clip": ((-0.5, 0.75), (0.25, 0.25)),
    "power": ((3.0,), (-0.75,), (1.0,)),
    "affine": ((1.0, 0.0), (0.1, 0.0), (1.0, -3.5), (-0.7, 0.25), (0.0, 2.0)),
}
"""Those of the functions that have any."""
_ABOVE = {"log", "sqrt", "reciprocal", "power"}
"""Functions of numbers above 0."""


def test_every_function_on_maps_and_vectors(tmp_path: Path) -> None:
    net = Net("functions")
    image = net.put(L.Input((3, 5, 4)))
    above = net.put(L.Elementwise("affine", (1.0, 0.25)), net.put(L.Elementwise("abs"), image))
    flat, flat_above = (net.put(L.Flatten(), each) for each in (image, above))
    ends = [
        net.put(L.Elementwise(name, settings), x)
        for name in FUNCTIONS
        for settings in SETTINGS.get(name, ((),))
        for x in ((above, flat_above) if name in _ABOVE else (image, flat))
    ]
    model = model_of(net.finish(ends))
    proto = written(model)
    assert off(model, proto)[0] <= BOUND
    _same(model, _back(model, tmp_path))


WINDOWS = [
    L.Conv2d(4, 6, (3, 2), (2, 1), (1, 0, 2, 3), (1, 2), 2), L.Conv2d(4, 6, 3, 1, (0, 2)),
    L.ConvTranspose2d(4, 6, (2, 3), (2, 3), (1, 0), (1, 2), groups=2),
    L.ConvTranspose2d(4, 6, 3, 1, (1, 0), (2, 1), 3), L.ConvTranspose2d(4, 6, 2, 1, 0, 1, 2),
    L.MaxPool2d((3, 2), (2, 1), (1, 0, 0, 1)), L.MaxPool2d(3, 2, 1, ceil_mode=True),
    L.AvgPool2d((3, 2), (2, 1), (1, 0, 0, 1)),
    L.AvgPool2d(3, 2, 1, count_include_pad=False), L.AvgPool2d(3, 2, 1, True),
    L.AvgPool2d(4, 3, (2, 1), True), L.AvgPool2d(4, 3, (2, 1), True, False),
    L.AvgPool2d(3, 2, 1, divisor_override=5), L.AvgPool2d(3, 1, (0, 1), divisor_override=1),
    L.AdaptiveAvgPool2d((3, 4)), L.AdaptiveMaxPool2d((5, 4)), L.AdaptiveAvgPool2d((9, 11)),
    L.LocalResponseNorm(2), L.LocalResponseNorm(4, 0.5, 0.6, 2.0), L.LocalResponseNorm(3, 0.5),
    L.Pad2d((1, 0, 2, 3), "reflect"), L.Pad2d((1, 0, 2, 3), value=2.5), L.Crop2d((1, 0, 2, 3)),
    L.Crop2d((1, 0, 0, 1), (2, 3)),
    L.Resize((2.0, 3.0)), L.Resize((0.5, 1.5), mode="bilinear"),
    L.Resize((1.3, 1.7), mode="bicubic"),
    L.Resize(size=(14, 3), mode="bicubic"), L.Resize(2.0, mode="bilinear", align_corners=True),
]  # fmt: skip
"""Sizes that differ in height and width, and by side."""


def test_windows_of_awkward_sizes(tmp_path: Path) -> None:
    net = Net("windows")
    image = net.put(L.Input((4, 8, 7)))
    model = model_of(net.finish([net.put(layer, image) for layer in WINDOWS]))
    proto = written(model)
    assert off(model, proto)[0] <= BOUND
    _same(model, _back(model, tmp_path))
    images = images_of(model.graph)
    wanted = computed(model, images, torch.float64)
    for one, other in zip(in_openvino(proto, images), wanted, strict=True):
        assert difference(one, other.numpy(), 0.1) <= 3 * BOUND


def test_a_window_that_is_larger_than_its_map(tmp_path: Path) -> None:
    """OpenVINO refuses it."""
    model = model_of(_chain(L.MaxPool2d(9, 9, ceil_mode=True)))
    assert off(model, written(model))[0] <= BOUND
    _same(model, _back(model, tmp_path))


@given(st.one_of(strangers(), all_graphs()))
@examples(25, **SAME)
def test_any_graph(graph: Graph) -> None:
    model = model_of(graph)
    assume(_is_close(model, written(model)))


@given(st.one_of(specs(), networks()))
@examples(12, **SAME)
def test_any_spec(spec: ha.Spec) -> None:
    model = model_of(ha.build(spec))
    assume(_is_close(model, written(model)))


@pytest.mark.parametrize("family", sorted({ha.preset(name).family for name in ha.presets()}))
@pytest.mark.slow
def test_presets_are_valid_and_come_back(family: str, tmp_path: Path) -> None:
    """All of them, layer by layer, without a number of their weights."""
    for name in ha.presets():
        if ha.preset(name).family != family:
            continue
        graph = ha.build(name)
        proto = without_weights(graph, tmp_path)
        onnx.checker.check_model(str(tmp_path / "net.onnx"), full_check=True)
        assert shapes(proto) >= {(node.name, node.shape) for node in graph if node.inputs}
        back = ha.load(tmp_path / "net.onnx").graph
        assert comparable(back) == comparable(graph)
        assert (back.name, back.outputs) == (graph.name, graph.outputs)


def _small(family: str) -> Graph:
    return ha.build(ha.Spec(family=family, **SMALL.get(family, {"channels": (4, 8), "input": 15})))


class TestNetworks:
    """Three networks by three ways."""

    NAMES = ("henet", "mobilenetv3", "shufflenetv2")

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.slow
    def test_runtimes_and_the_exporter_of_pytorch_agree(self, name: str) -> None:
        model = model_of(_small(name))
        (image,) = images_of(model.graph, batch=1)
        (wanted,) = (t.numpy() for t in computed(model, [image], torch.float64))
        module = ha.to_torch(model).eval()
        proto = written(model)
        ours = run(proto, [image])[0]
        theirs = run(onnx.ModelProto.FromString(onnx_bytes(module, torch.tensor(image))), [image])
        for given_ in (ours, in_openvino(proto, [image])[0], theirs[0]):
            assert difference(given_, wanted, 0.1) <= BOUND

    @pytest.mark.parametrize("name", NAMES)
    def test_folding_leaves_no_batch_norm(self, name: str) -> None:
        model = model_of(_small(name))
        plain, folded = written(model), onnx.ModelProto.FromString(content(model, fold=True))
        assert "BatchNormalization" in _kinds(plain)
        assert "BatchNormalization" not in _kinds(folded)
        images = images_of(model.graph)
        assert difference(run(folded, images)[0], run(plain, images)[0], 0.1) <= BOUND


def _kinds(proto: onnx.ModelProto) -> set[str]:
    return {node.op_type for node in proto.graph.node}


def _chain(*chained: Layer, shape: tuple[int, ...] = (4, 8, 6), type_: str = "float32") -> Graph:
    builder = GraphBuilder("chain")
    x = builder.add("image", L.Input(shape), element_type=ELEMENT_TYPES[type_])
    for index, layer in enumerate(chained):
        x = builder.add(f"layer{index}", layer, x)
    return builder.finish()


class TestNames:
    GRAPH = _chain(L.Conv2d(4, 6, 3), L.ChannelShuffle(3), L.Elementwise("silu"))

    def test_nodes_and_what_they_give_are_called_as_layers(self) -> None:
        proto = written(model_of(self.GRAPH))
        assert [(node.name, node.output[0]) for node in proto.graph.node] == [
            (name, name)
            for name in (
                "layer0", "layer1/Reshape", "layer1/Transpose", "layer1", "layer2/Sigmoid",
                "layer2",
            )
        ]  # fmt: skip
        assert [each.name for each in proto.graph.input] == ["image"]
        assert [each.name for each in proto.graph.output] == ["layer2"]
        weights = {each.name for each in proto.graph.initializer}
        assert weights == {
            "layer0.weight", "layer0.bias", "layer1/table", "layer1/shape",
        }  # fmt: skip
        sized = {each.name for each in proto.graph.value_info}
        assert sized == {"layer0", "layer1"}

    def test_foreign_names_are_descriptions(self) -> None:
        builder = GraphBuilder("net")
        x = builder.add("input_0", L.Input((4, 8, 6)), original="input:0")
        x = builder.add("conv", L.Conv2d(4, 4, 1), x, original='conv/2_2 \u2192 "x"\'')
        proto = written(model_of(builder.finish()))
        assert proto.graph.input[0].doc_string == "input:0"
        assert proto.graph.node[0].doc_string == 'conv/2_2 \u2192 "x"\''

    def test_the_batch_is_open_or_fixed(self) -> None:
        model = model_of(self.GRAPH)
        for batch, sizes in ((None, ("batch", 4, 8, 6)), (3, (3, 4, 8, 6))):
            proto = written(model, batch=batch)
            for info in (proto.graph.input[0], proto.graph.output[0]):
                dims = info.type.tensor_type.shape.dim
                assert (dims[0].dim_param or dims[0].dim_value) == sizes[0]
            images = images_of(self.GRAPH, batch=3)
            assert run(proto, images)[0].shape[0] == 3
        for wrong in (0, -1, 10**7):
            with pytest.raises(EmitError, match="is no number of images"):
                Onnx(batch=wrong)


class TestVersions:
    def test_the_lowest_that_fits_is_written(self) -> None:
        proto = written(model_of(_chain(L.ChannelMean(), shape=(4, 8, 6))))
        assert proto.opset_import[0].version == OLDEST
        for layer, lowest in (
            (L.Elementwise("silu"), OLDEST),
            (L.Elementwise("hardswish"), 14),
            (L.LayerNorm(4), 17),
            (L.Elementwise("mish"), 18),
            (L.Elementwise("gelu"), 20),
        ):
            proto = written(model_of(_chain(layer, L.ChannelMax())))
            assert proto.opset_import[0].version == lowest
            if lowest > OLDEST:
                with pytest.raises(EmitError) as error:
                    content(model_of(_chain(layer)), opset=lowest - 1)
                assert f"opset {lowest - 1} is too low for {layer.kind}" in error.value.what
                assert (error.value.where, error.value.fix) == ("layer0", f"opset={lowest}")

    def test_others_are_refused(self) -> None:
        with pytest.raises(EmitError, match=f"opset 12 is below {OLDEST}"):
            Onnx(opset=12)
        with pytest.raises(EmitError, match=f"opset 999 is above {newest()}"):
            content(model_of(_chain(L.ChannelMean())), opset=999)

    @pytest.mark.parametrize("opset", [13, 17, 18, 21, 22])
    def test_every_kind_that_a_version_has(self, opset: int) -> None:
        kinds = [
            node.layer
            for node in everything()
            if len(node.inputs) == 1 and node.input_shapes[0] == (8, 9, 7)
        ]
        net = Net("versions")
        x = net.put(L.Conv2d(6, 8, 3, padding=1), net.put(L.Input((6, 9, 7))))
        ends = [net.put(layer, x) for layer in kinds if opset > 16 or layer.kind != "layer_norm"]
        model = model_of(net.finish(ends))
        proto = written(model, opset=opset)
        assert proto.opset_import[0].version == opset
        assert _is_close(model, proto)


class TestTypes:
    @pytest.mark.parametrize(("type_", "bound"), [("float16", 1e-2), ("float64", 1e-6)])
    def test_of_all_layers(self, type_: str, bound: float, tmp_path: Path) -> None:
        layers = [L.Conv2d(4, 6, 3), L.ChannelShuffle(3), L.Elementwise("clip", (-0.1, 0.2))]
        graph = _chain(*layers, type_=type_)
        model = model_of(graph)
        proto = written(model)
        assert proto.graph.initializer[0].data_type == getattr(onnx.TensorProto, type_.upper(), 11)
        if type_ == "float16":  # ONNX Runtime has no convolution of doubles
            images = [image.astype(type_) for image in images_of(graph)]
            wanted = computed(model, images, torch.float64)[0].numpy()
            assert difference(run(proto, images)[0], wanted, 0.1) <= bound
        back = _back(model, tmp_path)
        assert comparable(back.graph) == comparable(graph)
        weights: Any = (back.weights, model.weights)
        np.testing.assert_allclose(
            weights[0]["layer0.weight"], weights[1]["layer0.weight"], rtol=bound, atol=bound
        )

    def test_half_of_a_float(self, tmp_path: Path) -> None:
        values = np.array([1, -1, 1 + 2**-8, 1 + 3 * 2**-8, 3e38, 1e-40, 0], np.float32)
        graph = _chain(L.Scale(7, bias=False), shape=(7,), type_="bfloat16")
        model = Model(graph, model_of(graph).origin, {"layer0.weight": values})
        proto = written(model)
        wanted = torch.tensor(values).bfloat16().float().numpy()
        assert np.array_equal(onnx.numpy_helper.to_array(proto.graph.initializer[0]), wanted)
        weights: Any = _back(model, tmp_path).weights
        assert np.array_equal(weights["layer0.weight"], wanted)
        assert written(model_of(_chain(L.Conv2d(4, 4, 1), type_="bfloat16"))).opset_import[
            0
        ].version == (22)
        with pytest.raises(EmitError, match="weights of bfloat16 cannot lie beside the file"):
            content(model, external=True)

    @pytest.mark.parametrize("type_", ["int8", "uint8", "int64", "bool"])
    def test_of_whole_numbers_are_refused(self, type_: str) -> None:
        with pytest.raises(EmitError, match=f"elements of {type_}") as error:
            content(model_of(_chain(L.Elementwise("relu"), type_=type_)))
        assert error.value.where == "image"

    def test_that_change_inside_are_refused(self) -> None:
        builder = GraphBuilder("net")
        x = builder.add("image", L.Input((4, 8, 6)))
        half = ELEMENT_TYPES["float16"]
        builder.add("relu", L.Elementwise("relu"), x, element_type=half)
        with pytest.raises(EmitError, match="it has elements of float16, and reads those of"):
            content(model_of(builder.finish()))


class TestWiring:
    def test_several_inputs_and_outputs(self, tmp_path: Path) -> None:
        net = Net("wide")
        one = net.add("one", L.Input((4, 5, 6)))
        two = net.add("two", L.Input((4, 5, 6)))
        three = net.add("three", L.Input((7,)))
        total = net.add("total", L.Add(), [one, two, one])
        product = net.add("product", L.Multiply(), [one, two, total])
        scores = net.add("scores", L.Linear(7, 3), three)
        model = model_of(net.finish([scores, product, total, two]))
        proto = written(model)
        assert [each.name for each in proto.graph.output][:3] == ["scores", "product", "total"]
        assert _kinds(proto) == {"Sum", "Mul", "Gemm", "Identity"}
        assert off(model, proto)[0] <= BOUND
        _same(model, _back(model, tmp_path))

    def test_layers_share_tensors(self, tmp_path: Path) -> None:
        net = Net("shared")
        x = net.add("image", L.Input((4, 6, 6)))
        conv = net.add("conv", L.Conv2d(4, 4, 3, padding=1), x)
        again = net.add("again", L.Conv2d(4, 4, 3, padding=1), conv, shares="conv")
        strided = net.add("strided", L.Conv2d(4, 4, 3, 2), again, shares="conv")
        scale = net.add("scale", L.Scale(4), strided)
        flat = net.add("flat", L.Flatten(), net.add("mean", L.GlobalAvgPool2d(), scale))
        net.add("vector", L.Scale(4), flat, shares="scale")
        model = model_of(net.finish())
        proto = written(model)
        names = [each.name for each in proto.graph.initializer if "/" not in each.name]
        assert names == ["conv.weight", "conv.bias", "scale.weight", "scale.bias"]
        assert off(model, proto)[0] <= BOUND
        shared = {node.name: node.shares for node in _back(model, tmp_path).graph if node.shares}
        assert shared == {"again": "conv", "strided": "conv"}

    def test_layers_with_equal_weights_are_not_one(self, tmp_path: Path) -> None:
        graph = _chain(L.BatchNorm2d(4), L.PReLU(), L.BatchNorm2d(4), L.PReLU())
        emitted = ha.emit(graph, "onnx")  # as weights start: ones, zeros and 0.25
        emitted.save(tmp_path / "net.onnx")
        back = ha.load(tmp_path / "net.onnx")
        assert comparable(back.graph) == comparable(graph)

    def test_dead_layers_and_those_that_do_nothing_come_back(self, tmp_path: Path) -> None:
        net = Net("idle")
        x = net.put(L.Input((4, 6, 6)))
        net.put(L.LayerNorm(4), x)
        net.put(L.Resize(2.0), x)
        idle = [
            L.Crop2d((0, 0, 0, 0)), L.Pad2d((0, 0, 0, 0)), L.SliceChannels(0, 4), L.Concat(),
            L.ChannelShuffle(1), L.PixelShuffle(1), L.Elementwise("affine"), L.Flatten(),
            L.Flatten(),
        ]  # fmt: skip
        for layer in idle:
            x = net.put(layer, x)
        model = model_of(net.finish(x))
        assert off(model, written(model))[0] <= BOUND
        _same(model, _back(model, tmp_path))


def test_layers_next_to_one_another_stay_apart(tmp_path: Path) -> None:
    """Which they would not in a file of others, where they mean one layer."""
    net = Net("apart")
    x = net.put(L.Conv2d(4, 4, 1, bias=False), net.put(L.Input((4, 6, 6))))
    for layer in (L.Scale(4, weight=False), L.Scale(4, bias=False), L.Scale(4, weight=False)):
        x = net.put(layer, x)
    for gate in ("sigmoid", "hardsigmoid"):
        x = net.put(L.Multiply(), x, net.put(L.Elementwise(gate), x))
    x = net.put(L.Elementwise("tanh"), net.put(L.Elementwise("softplus"), x))
    for settings in ((2.0, 0.0), (1.0, 3.0)):
        x = net.put(L.Elementwise("affine", settings), x)
    x = net.put(L.Multiply(), net.put(L.Multiply(), x, x), x)
    pool = net.put(L.AvgPool2d(2, 2), net.put(L.Pad2d((1, 1, 1, 1)), x))
    net.put(L.Elementwise("affine", (2.0, 0.0)), pool)
    model = model_of(net.finish())
    _same(model, _back(model, tmp_path))


@given(st.one_of(strangers(), all_graphs()))
@examples(25, **SAME)
def test_any_graph_comes_back(graph: Graph) -> None:
    graph = as_held(graph)
    model = model_of(graph)
    with tempfile.TemporaryDirectory() as folder:
        _same(model, _back(model, Path(folder)))


def test_every_kind_comes_back(tmp_path: Path) -> None:
    model = model_of(as_held(everything()))
    _same(model, _back(model, tmp_path))


@pytest.mark.parametrize(
    ("layer", "back"),
    [
        (L.BatchNorm2d(4, affine=False, momentum=None), L.BatchNorm2d(4)),
        (L.AdaptiveAvgPool2d((4, 5)), L.AvgPool2d((2, 1), (2, 1))),
        (L.AdaptiveMaxPool2d((1, 1)), L.GlobalMaxPool2d()),
        (L.Resize((1.3, 1), mode="bilinear", align_corners=True),
         L.Resize(size=(10, 5), mode="bilinear", align_corners=True)),
        (L.MaxPool2d((3, 2), (2, 2), (0, 1), ceil_mode=True),
         L.MaxPool2d((3, 2), (2, 2), (0, 1, 1, 1))),
        (L.Elementwise("clip", (0, 6)), L.Elementwise("relu6")),
        (L.Elementwise("power", (2.0,)), L.Elementwise("square")),
        (L.Elementwise("power", (0.5,)), L.Elementwise("sqrt")),
        (L.Elementwise("power", (-1.0,)), L.Elementwise("reciprocal")),
        (L.MaxPool2d(2, 2, 1, ceil_mode=True), L.MaxPool2d(2, 2, 1)),
        (L.AvgPool2d(2, 2, count_include_pad=False), L.AvgPool2d(2, 2)),
        (L.LayerNorm(4, affine=False, bias=False), L.LayerNorm(4, affine=False)),
        (L.Elementwise("affine", (1 / 3, 0.0)), L.Elementwise("affine", (0.33333334, 0.0))),
    ],
)  # fmt: skip
def test_what_onnx_does_not_hold(layer: Layer, back: Layer, tmp_path: Path) -> None:
    """It comes back as the layer that computes the same, as docs/onnx.md says."""
    graph = _chain(layer, shape=(4, 8, 5))
    read = _back(model_of(graph), tmp_path).graph
    assert read["layer0"].layer == back
    assert read["layer0"].shape == graph["layer0"].shape


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
@pytest.mark.parametrize("factors", [(4.2, 1.16), (4.2, 2.12), (1.0, 2.28), (4.2, 4.2)])
def test_sizes_that_single_precision_would_miss(
    factors: tuple[float, float], mode: str, tmp_path: Path
) -> None:
    """15 times 4.2 is 62.999996 there."""
    graph = _chain(L.Resize(factors, mode=mode), shape=(2, 15, 25))
    model = model_of(graph)
    assert off(model, written(model))[0] <= BOUND
    back = _back(model, tmp_path).graph
    assert back["layer0"].shape == graph["layer0"].shape
    assert back["layer0"].layer.kind == "resize"


@pytest.mark.parametrize(
    "layer", [L.Resize(size=(82, 111)), L.Resize((20.5, 10.25)), L.Resize((20.5, 1.3))]
)
def test_nearest_pixels_that_rounding_would_miss(layer: Layer, tmp_path: Path) -> None:
    model = model_of(_chain(layer, shape=(2, 4, 9)))
    proto = written(model)
    assert _kinds(proto) == {"Gather"}
    images = images_of(model.graph)
    assert np.array_equal(run(proto, images)[0], computed(model, images, torch.float32)[0])
    back = _back(model, tmp_path).graph["layer0"]
    assert _copies(back) == _copies(model.graph["layer0"])
    if layer != L.Resize((20.5, 10.25)):  # for which 10.27 is another
        assert back.layer == layer


@pytest.mark.parametrize(
    ("factor", "size"), [(2.2, (3, 3)), (2.4, (2, 2)), ((3.0, 1.3), (6, 3)), (2.0, (3, 5))]
)
def test_factors_whose_sizes_are_multiples(factor: Any, size: tuple[int, int]) -> None:
    """PyTorch goes by the sizes where it copies or doubles, and by the factor elsewhere."""
    model = model_of(_chain(L.Resize(factor), shape=(2, *size)))
    images = images_of(model.graph)
    wanted = computed(model, images, torch.float32)[0]
    assert np.array_equal(run(written(model), images)[0], wanted)


def _copies(node: Node) -> list[list[int]]:
    """The rows and the columns that a nearest map is made of."""
    layer: Any = node.layer
    sizes: Any = list(zip(node.input_shapes[0][1:], node.shape[1:], strict=True))
    return [
        [layer.copied(place, axis, before, after) for place in range(after)]
        for axis, (before, after) in enumerate(sizes)
    ]


def as_held(graph: Graph) -> Graph:
    """The graph with layers that ONNX tells apart: of two that are equal there, one."""
    builder = GraphBuilder(graph.name)
    for node in sorted(graph, key=lambda node: bool(node.inputs)):
        layer = _held(node)
        shares = node.shares if layer == node.layer else ""
        builder.add(node.name, layer, [builder[name] for name in node.inputs], shares=shares)
    return builder.finish([builder[name] for name in graph.outputs])


def _held(node: Node) -> Any:
    """What docs/onnx.md says of layers that are read as others."""
    layer: Any = node.layer
    kind = layer.kind
    if kind in ("batch_norm2d", "batch_norm1d"):
        return replace(layer, affine=True, momentum=layer.momentum or 0.1)
    if kind == "layer_norm" and not layer.affine:
        return replace(layer, bias=True)
    if kind.startswith("adaptive"):
        return _pool(node)
    if kind == "avg_pool2d" and not any(layer.padding):
        layer = replace(layer, count_include_pad=True)
    if kind in ("avg_pool2d", "max_pool2d") and layer.ceil_mode and not _rounds_up(node):
        return L.Resize(size=node.shape[1:], mode="bilinear")
    if kind == "resize" and layer.factor:
        size: Any = node.input_shapes[0][1:]
        sizes = list(zip(size, layer.factor, node.shape[1:], strict=True))
        exact = all(before * factor == after for before, factor, after in sizes)
        if layer.align_corners and not exact:
            return replace(layer, factor=None, size=node.shape[1:])
    return layer


def _pool(node: Node) -> Any:
    """Windows that divide a map evenly as a pool over those windows, or over the whole map."""
    layer: Any = node.layer
    largest = layer.kind == "adaptive_max_pool2d"
    if layer.size == (1, 1):
        return L.GlobalMaxPool2d() if largest else L.GlobalAvgPool2d()
    size: Any = node.input_shapes[0][1:]
    window = [before // after for before, after in zip(size, layer.size, strict=True)]
    if any(before % after for before, after in zip(size, layer.size, strict=True)):
        return layer
    return L.MaxPool2d(window, window) if largest else L.AvgPool2d(window, window)


def _rounds_up(node: Node) -> bool:
    """Whether each axis has as many windows as without PyTorch's rule on the last of them."""
    layer: Any = node.layer
    window = layer.window
    size: Any = node.input_shapes[0][1:]
    return all(
        -(-(before + sum(window.sides(axis)) - window.kernel[axis]) // window.stride[axis]) + 1
        == node.shape[1 + axis]
        for axis, before in enumerate(size)
    )
