"""Graphs at other sizes: with numbers, and with symbols as formulas."""

from __future__ import annotations

import pytest
from examples import examples
from graphs import graphs
from hypothesis import given
from hypothesis import strategies as st
from opaque import mixed, opaque
from resized import resized_graphs

import henet_arch as ha
from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.ir.layer import Layer
from henet_arch.ir.layers import (
    AdaptiveAvgPool2d,
    Add,
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Crop2d,
    Flatten,
    GlobalAvgPool2d,
    GroupNorm,
    Input,
    LayerNorm,
    Linear,
    MaxPool2d,
    Pad2d,
    PixelShuffle,
    PixelUnshuffle,
    Resize,
)
from henet_arch.ir.transform import with_input, with_layers
from henet_arch.support.errors import (
    GraphError,
    HenetArchError,
    LimitError,
    RuleError,
    ShapeError,
    SpecError,
)
from henet_arch.symbolic.openable import openable
from henet_arch.symbolic.pieces import COSTS
from henet_arch.symbolic.report import formulas

_PRESETS = ("resnet18", "googlenet", "henet-r3", "lenet5", "mobilenetv2", "nin-cifar10")
_LARGEST = {"peak_activation_bytes": lambda report: report.memory.peak_bytes}


def _cost(graph: Graph, cost: str) -> object:
    report = ha.analyze(graph)
    return _LARGEST[cost](report) if cost in _LARGEST else sum(map(COSTS[cost], report.layers))


def _started(*shape: int) -> tuple[GraphBuilder, Node]:
    builder = GraphBuilder("net")
    return builder, builder.add("image", Input(shape or (3, 32, 32)))


def _other(graph: Graph, height: int, width: int, classes: int | None) -> Graph:
    """The graph at another size, without symbols."""
    image = with_input(graph, (graph.input_shape[0], height, width))
    if classes is None:
        return image
    last = next(node for node in reversed(list(graph)) if node.layer.weights())
    key = "out_features" if isinstance(last.layer, Linear) else "out_channels"
    layer = type(last.layer)(**last.layer.attributes() | {key: classes})
    return with_layers(image, {last.name: layer})


@given(graphs() | st.sampled_from(_PRESETS).map(ha.build), st.data())
@examples(60)
def test_a_formula_gives_what_the_graph_of_that_size_costs(
    graph: Graph, data: st.DataObject
) -> None:
    """Or the error that says which layer does not fit."""
    cost = data.draw(st.sampled_from([*COSTS, *_LARGEST]))
    formula = ha.formula(graph, cost, symbols=data.draw(st.sampled_from([None, ["input"]])))
    assert {"H", "W"} <= {*formula.symbols}
    assert {str(size) for size in formula.expr.free_symbols} <= {*formula.symbols}
    numbers = openable(graph).numbers()
    bounds = {"H": (1, 90), "W": (1, 90), "K": (1, 20)}
    values = {
        name: data.draw(st.integers(*bounds[name]) | st.just(numbers[name]), name)
        for name in formula.symbols
    }
    assert formula.substitute(**{n: numbers[n] for n in values}) == _cost(graph, cost)
    try:
        expected = _cost(_other(graph, values["H"], values["W"], values.get("K")), cost)
    except ShapeError as error:
        with pytest.raises(ShapeError) as caught:
            formula.substitute(**values)
        assert caught.value.where.partition(",")[0] == error.where.partition(",")[0]
    else:
        assert formula.substitute(**values) == expected


@given(resized_graphs(), st.data())
@examples(60)
def test_a_formula_of_maps_that_are_resized_gives_what_that_size_costs(
    graph: Graph, data: st.DataObject
) -> None:
    cost = data.draw(st.sampled_from([*COSTS, *_LARGEST]))
    try:
        formula = ha.formula(graph, cost, symbols=["input"])
    except RuleError as error:  # a slice, a norm or a fixed size that fits no other
        assert error.why
        assert error.fix
        return
    values = {name: data.draw(st.integers(1, 40), name) for name in ("H", "W")}
    numbers = openable(graph).numbers()
    here = {name: numbers[name] for name in ("H", "W")}
    assert formula.substitute(**here) == _cost(graph, cost)
    try:
        expected = _cost(with_input(graph, (4, values["H"], values["W"])), cost)
    except ShapeError:
        with pytest.raises(ShapeError):
            formula.substitute(**values)
    else:
        assert formula.substitute(**values) == expected


@pytest.mark.parametrize(
    "layer",
    [
        Resize((2.0, 1.5)),
        Resize((0.5, 3.0), mode="bicubic"),
        AdaptiveAvgPool2d((2, 3)),
        Pad2d((1, 0, 2, 0)),
        Crop2d((1, 1, 0, 2)),
        Crop2d((0, 1, 0, 0), (2, 3)),
        PixelShuffle(2),
        PixelUnshuffle(2),
        ConvTranspose2d(4, 4, (4, 3), (2, 3), (1, 0)),
        LayerNorm(4),
        GroupNorm(2, 4),
    ],
    ids=lambda layer: str(layer.kind),
)
def test_layers_that_resize_have_formulas(layer: Layer) -> None:
    builder, image = _started(4, 12, 12)
    graph = builder.finish([builder.add("layer", layer, [image])])
    for cost in ("activations", "add", "mul", "macs", "peak_activation_bytes"):
        formula = ha.formula(graph, cost, symbols=["input"])
        for size in ((12, 12), (18, 6), (7, 11)):
            try:
                expected = _cost(with_input(graph, (4, *size)), cost)
            except ShapeError:
                assert isinstance(layer, PixelUnshuffle)
                continue
            assert formula.substitute(H=size[0], W=size[1]) == expected


def test_adaptive_pools_are_counted_where_they_divide_the_map() -> None:
    builder, image = _started(4, 12, 12)
    graph = builder.finish([builder.add("pool", AdaptiveAvgPool2d((3, 2)), [image])])
    formula = ha.formula(graph, "add")
    assert formula.told_conditions() == ["3 divides H", "2 divides W"]
    assert formula.text() == "4*(H*W - 6)"


def test_what_is_opaque_is_named() -> None:
    graph = mixed()
    for cost in ("macs", "exp"):
        with pytest.raises(
            RuleError, match=r"the cost of stage1\.block1\.sort is unknown"
        ) as caught:
            ha.formula(graph, cost)
        assert "aten.sort" in caught.value.why
    with pytest.raises(RuleError, match="cost of stage1"):
        formulas(graph)
    assert ha.formula(graph, "params").text() == "9*K + 432"
    assert ha.formula(graph, "macs", "head").text() == "8*K"
    with pytest.raises(RuleError, match="the symbol H in") as caught:
        ha.formula(graph, "params", symbols=["H"])
    assert "stage1.block1.sort, input 8xHx8: what aten.sort gives for 8xHx8" in caught.value.why
    builder, image = _started(4, 8, 8)
    last = opaque(builder, "roll", image, (4, 8, 8), ())
    with pytest.raises(RuleError, match="the symbols H, W") as caught:
        ha.formula(builder.finish([last]))
    assert "what aten.roll gives for 4xHxW is unknown" in caught.value.why


@pytest.mark.parametrize(
    "preset",
    [
        "resnet18", "googlenet", "mobilenetv2", "densenet121", "shufflenetv2", "squeezenet1_0",
        "efficientnet-b0", "regnety-200mf",
    ],
)  # fmt: skip
def test_a_graph_at_another_size_is_what_its_rules_build_there(preset: str) -> None:
    spec = ha.preset(preset)
    other = spec.replace(input=(3, 97, 160), classes=7)
    layers = [(node.layer, node.shape) for node in ha.build(other)]
    assert [(n.layer, n.shape) for n in _other(ha.build(spec), 97, 160, 7)] == layers
    formula = ha.formula(ha.build(spec))
    assert formula.symbols == ("H", "W", "K")
    assert formula.substitute(H=97, W=160, K=7) == ha.analyze(other).macs


def test_a_layer_that_does_not_fit_is_named() -> None:
    graph = ha.build("vgg16")
    with pytest.raises(ShapeError, match="has 25088 input features, but meets 32768") as caught:
        with_input(graph, (3, 256, 256))
    assert caught.value.where == "head.fc1, input 32768"
    assert "such as 3x224x224" in caught.value.fix
    formula = ha.formula(graph)
    assert formula.told_conditions()[-1] == "512*floor(H/32)*floor(W/32) = 25088"
    assert formula.substitute(H=255, W=230, K=5) == ha.analyze(_other(graph, 255, 230, 5)).macs
    with pytest.raises(ShapeError, match=r"head\.fc1, input 32768"):
        formula.substitute(H=256, W=256, K=5)
    columns = formula.vectorized()(H=[224, 255], W=[224, 230], K=[1000, 5])
    assert columns.tolist() == [
        ha.analyze(graph).macs,
        ha.analyze(_other(graph, 255, 230, 5)).macs,
    ]


def test_maps_that_are_added_must_have_one_size() -> None:
    builder, image = _started(4, 8, 8)
    ways = [
        builder.add("conv", Conv2d(4, 4, (3, 3), (2, 2), (1, 1)), [image]),
        builder.add("pool", MaxPool2d((1, 1), (2, 2)), [builder.add("crop", _CROP, [image])]),
    ]
    graph = builder.finish([builder.add("add", Add(), ways)])
    formula = ha.formula(graph)
    relations = [condition.relation for condition in formula.conditions]
    assert "equals" in relations
    assert formula.substitute(H=30, W=8) == ha.analyze(with_input(graph, (4, 30, 8))).macs
    with pytest.raises(ShapeError, match="cannot add"):
        formula.substitute(H=31, W=8)


_CROP = Conv2d(4, 4, (2, 2), padding=(0, 0))


def test_what_a_graph_cannot_leave_open_is_told_with_the_reason() -> None:
    graph = ha.build("henet-r3")
    for word in ("C1", "channels", "repeats"):
        with pytest.raises(SpecError, match="layers one by one, and their widths in numbers"):
            ha.formula(graph, symbols=[word])
    builder, image = _started(3, 4, 4)
    flat = builder.add("flat", Flatten(), [image])
    graph = builder.finish([builder.add("fc", Linear(48, 5), [flat])])
    with pytest.raises(RuleError, match=r"fc, input 60: the layer has 48 input features"):
        ha.formula(graph, symbols=["H"])
    assert ha.formula(graph, symbols=["H", "W"]).told_conditions()[-1] == "3*H*W = 48"
    builder, image = _started()
    conv = builder.add("conv", Conv2d(3, 6, (1, 1)), [image])
    graph = builder.finish([builder.add("add", Add(), [conv, conv])])
    with pytest.raises(SpecError, match="no layer with a width of its own stands right before"):
        ha.formula(graph, symbols=["K"])
    builder, image = _started()
    conv = builder.add("conv", Conv2d(3, 6, (1, 1)), [image])
    other = builder.add("bn", BatchNorm2d(6), [conv])
    graph = builder.finish([builder.add("pool", GlobalAvgPool2d(), [conv]), other])
    with pytest.raises(RuleError, match="bn, input 7x32x32: the layer has 6 channels, but meets 7"):
        ha.formula(graph, symbols=["K"])
    assert ha.formula(graph).symbols == ("H", "W")
    builder, image = _started(3, 20_000, 1)
    for index in range(10_000):
        image = builder.add(f"conv{index}", Conv2d(3, 3, (2, 1)), [image])
    with pytest.raises(LimitError, match="has 10,001 layers"):
        ha.formula(builder.finish(), symbols=["H"])


def test_inputs_have_symbols_each() -> None:
    builder, image = _started(4, 9, 9)
    other = builder.add("other", Input((4, 18, 9)))
    down = builder.add("down", MaxPool2d((2, 1), (2, 1)), [other])
    graph = builder.finish([builder.add("add", Add(), [image, down])])
    formula = ha.formula(graph, "add")
    assert formula.symbols == ("H1", "W1", "H2", "W2")
    assert formula.substitute(H1=5, W1=3, H2=11, W2=3) == 4 * 5 * 3
    with pytest.raises(ShapeError, match="cannot add"):
        formula.substitute(H1=5, W1=3, H2=12, W2=3)
    with pytest.raises(GraphError, match="has 2 inputs, and one shape is given"):
        with_input(graph, (4, 5, 5))
    with pytest.raises(GraphError, match="'bn' is no input"):
        with_input(graph, {"bn": (4, 5, 5)})
    assert with_input(graph, {"image": (4, 5, 9), "other": (4, 10, 9)})["add"].shape == (4, 5, 9)


def test_all_formulas_of_a_graph_in_one_result() -> None:
    graph = ha.build("resnet18")
    made = formulas(graph)
    assert made.to_dict()["name"] == "resnet18"
    assert made.to_dict()["numbers"] == {}
    assert "K*(512" in str(made) or "512*K" in str(made)
    assert made.totals["params"].substitute(H=224, W=224, K=1000) == ha.analyze(graph).params


def test_printed_layers_follow_the_size() -> None:
    graph = ha.build("henet-r3")
    other = with_input(graph, (3, 31, 39))
    assert ha.analyze(other, "paper").params == ha.analyze(graph, "paper").params
    node = other["stage1.block1.conv1"]
    assert node.as_published
    assert node.as_published.input_shapes == ((48, 31, 39),)
    with pytest.raises(HenetArchError, match="the layer has 3 input channels, but meets 1"):
        with_input(graph, (1, 31, 31))


@pytest.mark.parametrize("first", ["map", "resized"])
def test_sizes_that_must_be_equal_share_memory(first: str) -> None:
    """A sum is written over one that something reads no more, however its size is spelt."""
    builder = GraphBuilder("unet")
    image = builder.add("image", Input((3, 8, 8)))
    made = builder.add("map", Conv2d(3, 8, (3, 3), padding=(1, 1)), [image])
    pooled = builder.add("pool", MaxPool2d((2, 2), (2, 2)), [made])
    resized = builder.add("resized", Resize((2, 2)), [pooled])
    order = [made, resized] if first == "map" else [resized, made]
    joined = builder.add("add", Add(), order)
    graph = builder.finish([builder.add("out", Add(), [joined, resized])])
    formula = ha.formula(graph, "peak_activation_bytes")
    for height, width in ((8, 8), (6, 12)):
        report = ha.analyze(with_input(graph, (3, height, width)))
        assert formula.substitute(H=height, W=width) == report.memory.peak_bytes
