"""Building graphs by hand: what is refused, what is kept, what comes back from JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import henet_arch as ha
from henet_arch.analyzers import memory_timeline, roofline
from henet_arch.ir.element_type import ELEMENT_TYPES, FLOAT32, element_type
from henet_arch.ir.features import feature_strides
from henet_arch.ir.graph import Graph, GraphBuilder, Node
from henet_arch.ir.layers import (
    Add,
    AvgPool2d,
    BatchNorm2d,
    ChannelShuffle,
    Concat,
    Conv2d,
    Elementwise,
    Flatten,
    Input,
    Linear,
    Resize,
)
from henet_arch.ir.transform import with_input
from henet_arch.support.errors import (
    EmitError,
    GraphError,
    HenetArchError,
    ShapeError,
    UnknownNameError,
)


def _started() -> tuple[GraphBuilder, Node]:
    builder = GraphBuilder("net", "test")
    return builder, builder.add("input", Input((4, 8, 8)))


def test_an_operand_may_come_twice_and_in_any_order() -> None:
    builder, image = _started()
    x = builder.add("a", Elementwise("relu"), [image])
    twice = builder.add("twice", Add(), [x, x])
    builder.add("joined", Concat(), [twice, x])
    graph = builder.finish()
    assert graph.nx.number_of_edges("a", "twice") == 2
    assert graph["joined"].inputs == ("twice", "a")
    assert graph["joined"].shape == (8, 8, 8)
    assert ha.from_json(ha.to_json(graph)) == graph


def test_a_finished_graph_cannot_be_changed() -> None:
    graph = ha.build("henet-r2")
    with pytest.raises(nx.NetworkXError, match="Frozen"):
        graph.nx.remove_node("stem.conv")
    with pytest.raises(nx.NetworkXError, match="Frozen"):
        graph.nx.add_edge("input", "head.fc")
    assert graph.nx.copy().number_of_nodes() == len(graph)


def test_equal_graphs_are_equal_and_others_are_not() -> None:
    assert ha.build("henet-r2") == ha.build("henet-r2")
    assert hash(ha.build("henet-r2")) == hash(ha.build("henet-r2"))
    assert ha.build("henet-r2") != ha.build("henet-r3")
    assert ha.build("henet-r2") != object()
    assert repr(ha.build("henet-r2")) == "<Graph henet-r2: 78 layers, 3x31x31 -> 10>"


@pytest.mark.parametrize(
    "name",
    ["", "a..b", ".a", "1a", "a-b", "a b", "class", "a.lambda", "ä", "__import__('os')", "a" * 201],
)
def test_names_that_are_refused(name: str) -> None:
    builder, image = _started()
    with pytest.raises(GraphError, match="is not a layer name"):
        builder.add(name, Elementwise("relu"), [image])


def test_wrong_operands() -> None:
    builder, image = _started()
    _, foreign = _started()
    with pytest.raises(GraphError, match="two layers are named 'input'"):
        builder.add("input", Elementwise("relu"), [image])
    with pytest.raises(GraphError, match=r"'input' is of another graph\n.*a$"):
        builder.add("a", Elementwise("relu"), [foreign])
    with pytest.raises(GraphError, match=r"'inptu' is not a layer so far\n.*did you mean input"):
        builder["inptu"]
    with pytest.raises(GraphError, match="relu takes 1 inputs, not 2"):
        builder.add("a", Elementwise("relu"), [image, image])
    with pytest.raises(GraphError, match="add takes at least 2 inputs, not 1"):
        builder.add("a", Add(), [image])
    with pytest.raises(GraphError, match="has no layers"):
        GraphBuilder("net", "test").finish()
    assert len(builder) == 1


def test_a_node_is_read_by_itself_or_in_a_list() -> None:
    builder, image = _started()
    x = builder.add("a", Elementwise("relu"), image)
    assert x.inputs == ("input",)
    assert builder.finish(x) == builder.finish([x]) == builder.finish()
    with pytest.raises(GraphError, match=r"'input' is no node of a graph\n.*b\n.*builder\[name\]"):
        builder.add("b", Elementwise("relu"), ["input"])  # type: ignore[list-item]
    with pytest.raises(GraphError, match="'a' is of another graph"):
        _started()[0].finish(x)
    with pytest.raises(GraphError, match=r"'relu' is no layer\n.*b\n.*henet_arch.ir.layers"):
        builder.add("b", "relu", image)  # type: ignore[arg-type]


def test_a_finished_graph_is_not_what_is_built_on() -> None:
    builder, image = _started()
    graph = builder.finish()
    builder.add("more", Elementwise("relu"), [image])
    assert len(graph) == 1
    assert "more" not in graph


def test_shapes_that_do_not_fit() -> None:
    builder, image = _started()
    conv = builder.add("conv", Conv2d(4, 6, (3, 3)), [image])
    flat = builder.add("flat", Flatten(), [image])
    for layer, inputs, message in (
        (Conv2d(5, 6, (3, 3)), [image], "the layer has 5 input channels, but meets 4"),
        (Conv2d(4, 6, (3, 3), groups=4), [image], "4 groups do not divide 6 output channels"),
        (Conv2d(4, 6, (9, 9)), [image], "a 9x9 window with padding 0x0 does not fit a map of 8x8"),
        (Conv2d(4, 6, (3, 3)), [flat], r"conv2d takes a \(C, H, W\) map, not 256"),
        (BatchNorm2d(5), [image], "the layer has 5 channels, but meets 4"),
        (ChannelShuffle(3), [image], "3 groups do not divide 4 channels to shuffle"),
        (AvgPool2d((3, 3), (2, 2), (2, 2)), [image], "padding 2 is more than half of"),
        (Add(), [image, conv], "cannot add 6x6x6 to 4x8x8"),
        (Concat(), [image, conv], "cannot concatenate 6x6x6 with 4x8x8"),
        (Linear(4, 2), [image], "a linear layer takes a vector, not 4x8x8"),
        (Linear(4, 2), [flat], "the layer has 4 input features, but meets 256"),
    ):
        with pytest.raises(ShapeError, match=message) as caught:
            builder.add("next", layer, inputs)
        assert caught.value.where.startswith("next, input ")
    with pytest.raises(ShapeError, match="has a size below 1"):
        GraphBuilder("net", "test").add("input", Input((3, 0, 5)))


def test_unknown_layers_are_named_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"no layer 'stem.cnv'\n.*did you mean stem.conv"):
        ha.build("henet-r2")["stem.cnv"]


def _changed(**changes: object) -> str:
    data = json.loads(ha.to_json(ha.build("henet-r2")))
    node = data["nodes"][1]
    node.update(changes)
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not valid JSON"),
        ("[]", "not a graph"),
        ("{}", "not a graph: Field required"),
        ('{"schema": 2, "name": "a", "family": "b", "nodes": []}', "graph schema 2 is not"),
        ('{"schema": 1, "name": "a", "family": "b", "nodes": []}', "has no layers"),
        (_changed(kind="conv3d"), "unknown layer kind 'conv3d'"),
        (_changed(name="import os"), "is not a layer name"),
        (_changed(inputs=["nothing"]), "'nothing' is not a layer so far"),
        (_changed(attributes={}), "in_channels is missing\n *where: 'stem.conv', a conv2d layer"),
        (_changed(evil=1), "not a graph: Extra inputs are not permitted"),
        ("[" * 100_000, "not valid JSON: nested too deeply"),
        (_changed(attributes={"p": float("nan")}), "not valid JSON: NaN is no JSON"),
        ('{"schema": 1, "schema": 1}', "key 'schema' stands there twice"),
    ],
)
def test_json_that_is_refused(text: str, message: str) -> None:
    with pytest.raises(HenetArchError, match=message):
        ha.from_json(text)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("in_channels", "3"),
        ("in_channels", 3.0),
        ("bias", "no"),
        ("groups", 0),
        ("groups", -1),
        ("kernel", [0, 0]),
        ("kernel", [-3, -3]),
        ("kernel", [3]),
        ("stride", [0, 1]),
        ("dilation", [0, 0]),
        ("padding", [-1, 1]),
        ("out_channels", 0),
        ("evil", 1),
    ],
)
def test_attributes_that_are_refused(attribute: str, value: object) -> None:
    data = json.loads(ha.to_json(ha.build("henet-r2")))
    data["nodes"][1]["attributes"][attribute] = value
    with pytest.raises(HenetArchError):
        ha.from_json(json.dumps(data))


def test_a_printed_layer_is_checked_too() -> None:
    data = json.loads(ha.to_json(ha.build("henet-r2")))
    node = next(node for node in data["nodes"] if "printed" in node)
    for attribute, value in (("groups", 0), ("out_channels", 48), ("in_channels", 24)):
        changed = json.loads(json.dumps(data))
        at = data["nodes"].index(node)
        changed["nodes"][at]["printed"]["attributes"][attribute] = value
        with pytest.raises(HenetArchError):
            ha.from_json(json.dumps(changed))
    for shapes in ([], [[8, 7, 7], [8, 7, 7]]):
        changed = json.loads(json.dumps(data))
        changed["nodes"][at]["printed"]["input_shapes"] = shapes
        with pytest.raises(ha.HenetArchError, match=f"takes 1 inputs, not {len(shapes)}"):
            ha.from_json(json.dumps(changed))


_SMALL = st.integers(-3, 60) | st.booleans() | st.floats() | st.text(max_size=3) | st.none()


@given(st.data())
def test_one_changed_value_is_refused_or_makes_another_graph(data: st.DataObject) -> None:
    graph = ha.build("shufflenet-r2")
    read = json.loads(ha.to_json(graph))
    node = data.draw(st.sampled_from([node for node in read["nodes"] if node["attributes"]]))
    key = data.draw(st.sampled_from(sorted(node["attributes"])))
    node["attributes"][key] = data.draw(_SMALL | st.lists(_SMALL, max_size=3))
    try:
        changed = ha.from_json(json.dumps(read))
    except HenetArchError:
        return
    assert ha.from_json(ha.to_json(changed)) == changed
    assert all(size >= 1 for node in changed for size in node.shape)
    assert ha.analyze(changed, "paper").params >= 0


def test_names_of_graphs_are_checked() -> None:
    for name in ("", "a b", '"; import os #', "../x", "x" * 65):
        with pytest.raises(GraphError, match="is not a name"):
            GraphBuilder(name, "henet")
        with pytest.raises(GraphError, match="is not a name"):
            GraphBuilder("net", name)


def test_a_name_is_a_layer_or_a_scope() -> None:
    builder, image = _started()
    builder.add("a.b", Elementwise("relu"), [image])
    with pytest.raises(GraphError, match="'a' is a scope with layers inside"):
        builder.add("a", Elementwise("relu"), [image])
    with pytest.raises(GraphError, match=r"'a.b' is a layer, and 'a.b.c' would be inside it"):
        builder.add("a.b.c", Elementwise("relu"), [image])


def _halved() -> Graph:
    """A network in float16 whose image is of bytes, and whose sum is in float32."""
    builder = ha.GraphBuilder("half", "test")
    image = builder.add("image", Input((4, 8, 8)), element_type=element_type("uint8"))
    conv = Conv2d(4, 6, (3, 3), bias=False)
    x = builder.add("conv", conv, [image], element_type=element_type("float16"))
    x = builder.add("relu", Elementwise("relu"), [x])
    return builder.finish([builder.add("sum", Add(), [x, x], element_type=FLOAT32)])


def test_bytes_are_those_of_the_elements() -> None:
    graph = _halved()
    report = ha.analyze(graph)
    maps, image = 6 * 6 * 6, 4 * 8 * 8
    assert [node.element_type.name for node in graph] == ["uint8", "float16", "float16", "float32"]
    assert report.parameters.weight_bytes == 2 * 6 * 4 * 9
    assert report.memory.live_bytes_by_layer == (image, image + 2 * maps, 2 * maps, 6 * maps)
    works = {work.name: work.bytes_moved for work in roofline.works(graph)}
    assert works == {
        "image": 0,
        "conv": image + 2 * (maps + 6 * 4 * 9),
        "relu": 4 * maps,
        "sum": 6 * maps,
    }
    assert memory_timeline.analyze(graph).own.peak.live_bytes == report.memory.peak_bytes
    assert "one image in uint8 and fp16 and fp32" in str(report)
    layers = report.to_dict()["layers"]
    assert [layer.get("element_type") for layer in layers] == ["uint8", "float16", "float16", None]


def test_element_types_are_kept_in_json_where_they_change() -> None:
    graph = _halved()
    text = ha.to_json(graph)
    assert ha.from_json(text) == graph
    nodes = json.loads(text)["nodes"]
    assert [node.get("element_type") for node in nodes] == ["uint8", "float16", None, "float32"]
    assert "element_type" not in ha.to_json(ha.build("henet-r2"))
    with pytest.raises(UnknownNameError, match=r"unknown element type 'half'"):
        ha.from_json(text.replace("float16", "half"))
    assert with_input(graph, (4, 9, 9))["relu"].element_type == element_type("float16")


def test_element_types_are_those_of_numpy_and_torch() -> None:
    for name, kind in ELEMENT_TYPES.items():
        assert getattr(torch, name).itemsize == kind.bytes
        if name != "bfloat16":
            assert np.dtype(name).itemsize == kind.bytes


def test_c_refuses_other_elements() -> None:
    with pytest.raises(EmitError, match=r"float32, and these elements are uint8\n.*image"):
        ha.emit(_halved(), "c")


def test_networkx_writes_the_graph(tmp_path: Path) -> None:
    graph = ha.build("henet-r2").nx
    nx.write_graphml(graph, tmp_path / "net.graphml")
    assert json.dumps(nx.node_link_data(graph, edges="edges"))
    assert list(nx.generate_gml(graph))


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(("schema", "name", "family", "nodes", "kind", "attributes", "inputs")),
        inner, max_size=5),
    max_leaves=12,
))  # fmt: skip
def test_any_other_json_is_refused_in_words(data: object) -> None:
    with pytest.raises(HenetArchError):
        ha.from_json(json.dumps(data))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "concat", "attributes": {"axis": 0}, "input_shapes": [[]]}, "shape"),
        ({"kind": "opaque", "cost": [[5, 1]]}, "an operation has a name|it is a tuple of pairs"),
        ({"gives_features": True}, "is no feature map"),
    ],
)
def test_hostile_graphs_are_refused_in_a_sentence(change: dict[str, Any], message: str) -> None:
    builder = GraphBuilder("hostile")
    conv = builder.add("conv", Conv2d(3, 4, (1, 1)), builder.add("image", Input((3, 8, 8))))
    builder.add("flat", Flatten(), conv)
    data = json.loads(ha.to_json(builder.finish()))
    if "gives_features" in change:
        data |= change
    elif change["kind"] == "opaque":
        data["nodes"][1] |= {"kind": "opaque", "attributes": {
            "operator": "x", "input_shapes": [[3, 8, 8]], "output_shape": [4, 8, 8],
            "cost": change["cost"],
        }}  # fmt: skip
    else:
        data["nodes"][1]["printed"] = change
    with pytest.raises(ha.HenetArchError, match=message):
        feature_strides(ha.from_json(json.dumps(data)))


def test_sizes_have_a_bound_wherever_they_are_made() -> None:
    builder = GraphBuilder("large")
    image = builder.add("image", Input((1, 8, 8)))
    with pytest.raises(ShapeError, match="a size is above") as caught:
        builder.add("up", Resize((9e35, 9e35)), image)
    assert caught.value.where.startswith("up")
