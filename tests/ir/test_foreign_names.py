"""Names of other frameworks become names of ours, one for each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from torch import nn

import henet_arch as ha
from henet_arch.forms import rendered
from henet_arch.ir.foreign_names import layer_names, network_name
from henet_arch.ir.graph import Graph, GraphBuilder, is_name, is_title
from henet_arch.ir.layers import Elementwise, Input
from henet_arch.ir.scope import scopes
from henet_arch.support.errors import GraphError
from henet_arch.views.explanation import Explanation

_PARTS = st.sampled_from(["a", "conv1", "0", "12", "_", "class", "a_2", "2_2", "é", "x" * 90, ""])
_NAMES = st.lists(_PARTS, max_size=4).flatmap(
    lambda parts: st.sampled_from([".".join(parts), "/".join(parts), "/" + "/".join(parts)])
)


@given(st.lists(_NAMES | st.text(max_size=8), max_size=12))
@example(["a", "a", "a_2", "a_2"])
@example(["a", "a.a", "a.a.a", "a.a.a_2"])
@example(["a"] * 3 + ["a.b"])
def test_names_are_unique_and_valid_and_no_scopes(originals: list[str]) -> None:
    names = layer_names(originals)
    assert len(names) == len(originals)
    assert len(set(names)) == len(names)
    assert all(map(is_name, names))
    assert not set(names) & {scope for name in names for scope in scopes(name)}
    assert layer_names(names) == names
    assert layer_names(originals) == names
    builder = GraphBuilder("net", "test")
    for name, original in zip(names, originals, strict=True):
        builder.add(name, Input((1, 1, 1)), original=original)


@pytest.mark.parametrize(
    ("original", "name"),
    [
        ("stage1.block2.conv1", "stage1.block2.conv1"),
        ("layer1.0.conv1", "layer1.block0.conv1"),
        ("features.0", "features.layer0"),
        ("he2_conv/2_2_elewise", "he2_conv.layer2_2_elewise"),
        ("/features/features.0/Conv", "features.block0.Conv"),
        ("/layer1/layer1.0/conv1/Conv_output_0", "layer1.block0.conv1.Conv_output_0"),
        ("inception_3a/3x3_reduce", "inception_3a.layer3x3_reduce"),
        ("a.lambda", "a.lambda_"),
        ("_private", "private"),
        ("conv:0", "conv_0"),
        ("卷积", "layer"),
        ("", "layer"),
    ],
)
def test_what_becomes_of_a_name(original: str, name: str) -> None:
    assert layer_names([original]) == [name]


def test_a_layer_that_is_a_scope_too_goes_inside() -> None:
    names = layer_names(["conv1", "conv1/bn", "conv1/relu", "conv2"])
    assert names == ["conv1.conv1", "conv1.bn", "conv1.relu", "conv2"]
    assert layer_names(["data", "data", "data_2"]) == ["data", "data_3", "data_2"]


def test_modules_of_torch() -> None:
    model = nn.Sequential(nn.Sequential(nn.ReLU(), nn.ReLU()), nn.TransformerDecoderLayer(8, 2, 8))
    modules = [name for name, module in model.named_modules() if not list(module.children())]
    names = layer_names(modules)
    assert names[:2] == ["block0.layer0", "block0.layer1"]
    assert "block1.self_attn.out_proj" in names
    assert len(set(names)) == len(modules)


def test_long_lists_and_long_names_take_no_long_time() -> None:
    names = layer_names(["x"] * 50_000)
    assert names[-1] == "x_50000"
    assert is_name(layer_names(["a/" * 1_000_000 + "b"])[0])


def test_the_original_is_kept_and_shown(tmp_path: Path) -> None:
    builder = GraphBuilder("net", "test")
    image = builder.add("image", Input((2, 4, 4)), original="image")
    name, original = layer_names(["/features/features.0/Relu"])[0], "/features/features.0/Relu"
    builder.add(name, Elementwise("relu"), [image], original=original)
    graph: Graph = builder.finish()
    assert [node.original for node in graph] == ["", original]
    assert ha.from_json(ha.to_json(graph)) == graph
    assert "original" not in ha.to_json(ha.build("henet-r2"))
    layers = ha.analyze(graph).to_dict()["layers"]
    assert [layer.get("original") for layer in layers] == [None, original]
    saved = tmp_path / "net.json"
    saved.write_text(json.dumps(ha.analyze(graph).to_dict()))
    assert ha.diff(saved, graph).equal
    assert original in str(rendered(Explanation(ha.analyze(graph), name), "table"))
    assert original in str(ha.draw(graph).render("html").decode())
    with pytest.raises(GraphError, match="the original name of 'b' is longer than"):
        builder.add("b", Elementwise("relu"), [image], original="x" * 10_000)


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (["_Net"], "Net"),
        (["Réseau"], "R_seau"),
        (["net_"], "net_"),
        (["2nd net.v1"], "net_2nd_net_v1"),
        (["", "model"], "model"),
        (["__", "шум", "a/b c"], "a_b_c"),
        (["", "..."], "network"),
        (["x" * 99], "x" * 64),
        (["7" * 99], "net_" + "7" * 60),
    ],
)
def test_a_network_has_the_first_name_that_it_can_have(texts: list[str], name: str) -> None:
    assert network_name(*texts) == name


@given(st.text(max_size=80))
def test_every_text_names_a_network(text: str) -> None:
    name = network_name(text)
    assert is_title(name)
    assert network_name(name) == name
