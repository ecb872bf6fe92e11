"""What `explain` says of layers that come from somebody else's file, and of opaque ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.run import run
from opaque import mixed

import henet_arch as ha
from henet_arch.analyzers import receptive_field
from henet_arch.forms import rendered
from henet_arch.ir.dims import format_shape
from henet_arch.ir.graph import Decision, Graph, GraphBuilder, Place
from henet_arch.ir.layers import Conv2d, Input
from henet_arch.results.table import plain


def sourced(layers: int = 3) -> Graph:
    """Convolutions with a line of `net.py` each; the last one is the first one again."""
    builder = GraphBuilder("sourced")
    x = builder.add("image", Input((4, 8, 8)))
    conv = Conv2d(4, 4, (1, 1), (2, 2), bias=False)
    for index in range(1, layers):
        because = (Decision("source", f"x = self.conv{index}(x)", f"net.py:{10 + index}"),)
        x = builder.add(f"stage1.conv{index}", conv, x, because)
    because = (Decision("source", "x = self.conv1(x)", "net.py:99"),)
    builder.add("stage1.again", conv, x, because, shares="stage1.conv1")
    return builder.finish()


def _facts(graph: Graph, name: str) -> dict[str, str]:
    (table,) = ha.explain(graph, name).tables()
    return {str(row.cells[0]): str(row.cells[1]) for row in table.rows}


def test_an_opaque_layer_has_its_operator_shapes_tensors_and_cost() -> None:
    assert _facts(mixed(), "stage1.block1.sort") == {
        "input": "stage1.block1.conv (8x8x8)",
        "output": "8x8x8",
        "operator": "aten.sort",
        "params": "0",
        "cost": "unknown: no total has it",
        "reads": "what its output depends on is not known",
    }
    multiplied = _facts(mixed(), "stage2.matmul")
    assert multiplied["parameter weight"] == "8x8"
    assert (multiplied["params"], multiplied["MACs"]) == ("64", "4,096")
    assert multiplied["operations"] == "4,096 mac"
    moved = _facts(mixed(), "stage2.roll")
    assert moved["MACs"] == "0"
    assert "cost" not in moved


def test_weights_that_are_used_again_are_said_to_be_others() -> None:
    facts = _facts(sourced(), "stage1.again")
    assert facts["weights"] == "those of stage1.conv1, counted there"
    assert facts["params"] == "0"
    assert "weights" not in _facts(sourced(), "stage1.conv1")
    layers = ha.analyze(sourced()).to_dict()["layers"]
    assert [layer.get("shares") for layer in layers] == [None, None, None, "stage1.conv1"]


def test_a_layer_shows_its_line_of_the_source_and_a_network_how_many_have_one() -> None:
    assert _facts(sourced(), "stage1.conv2")["source"] == "net.py:12: x = self.conv2(x)"
    whole = str(ha.explain(sourced(400)))
    assert len(whole.splitlines()) < 9
    assert "400 layers have a line of the source" in " ".join(whole.split())
    assert len(ha.explain(sourced()).records()) == 3
    assert ha.explain("henet-r3").tables()[0].notes == []


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("net.py:12", Place("net.py", 12)),
        ("C:/models/net.prototxt:7", Place("C:/models/net.prototxt", 7)),
        ("net.onnx", None),
        ("net.py:0", None),
        ("net.py:x", None),
        (":3", None),
        ("net.py:" + "9" * 99, None),
        ("section 3.1", None),
    ],
)
def test_a_place_is_a_file_and_a_line(source: str, place: Place | None) -> None:
    assert Decision("source", "x = f(x)", source).place == place
    assert Decision("nearest-divisors", "x = f(x)", source).place is None


def test_findings_have_the_place_of_their_layer(tmp_path: Path) -> None:
    """In tables, in data, and in SARIF, where it stands before that of the file."""
    result = ha.lint(sourced(2), ["HA201"])
    first = result.to_dict()["findings"][0]
    assert (first["file"], first["line"]) == ("net.py", 11)
    assert "(net.py:11)" in str(result)
    path = tmp_path / "net.json"
    path.write_text(ha.to_json(sourced(2)))
    log = json.loads(run("lint", str(path), "--format", "sarif").out)
    places = [item["locations"][0]["physicalLocation"] for item in log["runs"][0]["results"]]
    assert {place["artifactLocation"]["uri"] for place in places} == {"net.py"}
    assert places[0]["region"] == {"startLine": 11}
    plain = ha.lint("alexnet").to_dict()["findings"][0]
    assert (plain["file"], plain["line"]) == (None, None)
    assert str(rendered(result, "csv")).splitlines()[0].count("file,line") == 1


def _about(graph: Graph | str, scope: str) -> tuple[dict[str, str], list[list[str]]]:
    """The facts of a scope, and the rows of its parts."""
    facts, parts, *_ = ha.explain(graph, scope).tables()
    named = {str(row.cells[0]): str(row.cells[1]) for row in facts.rows}
    return named, [[plain(cell) for cell in row.cells] for row in parts.rows]


@pytest.mark.parametrize("preset", ["henet-r3", "lenet5", "densenet121", "googlenet"])
def test_a_scope_says_what_it_is(preset: str) -> None:
    """Each figure is that of the analysis of the same name."""
    report = ha.analyze(preset)
    fields = {f.name: f for f in receptive_field.analyze(report.graph).by_layer}
    for block in report.blocks()[::5]:
        if [layer.node.name for layer in block.layers] == [block.name]:
            continue
        facts, rows = _about(report.graph, block.name)
        assert facts["layers"].startswith(f"{len(block.layers):,}: ")
        share = 100 * block.params / report.params
        assert facts["params"] == f"{block.params:,} ({share:.1f}% of {report.params:,})"
        share = 100 * block.macs / report.macs
        assert facts["MACs"] == f"{block.macs:,} ({share:.1f}% of {report.macs:,})"
        last = block.layers[-1].node.name
        sizes = "x".join(str(axis.size) for axis in fields[last].axes)
        assert facts["receptive field"].startswith(f"{sizes} pixels of the image")
        assert f"{last} ({format_shape(block.shape)})" in facts["output"]
        assert len(rows) == len(block.layers) + 1
        written = ha.explain(report.graph, block.name).to_dict()
        data = written["scope"]
        assert sum(layer["params"] for layer in written["layers"]) == data["params"] == block.params
        assert data["params_share"] == block.params / report.params
        assert data["live_activation_bytes"] == max(layer.live_bytes for layer in block.layers)
        for name, shape in data["inputs"].items():
            assert report.graph[name].shape == shape
            assert name not in {layer.node.name for layer in block.layers}


def test_a_stage_shows_its_blocks_equal_ones_once() -> None:
    facts, rows = _about("densenet121", "stage3")
    assert facts["input"] == "stage2.transition.pool (256x14x14)"
    assert [row[0] for row in rows] == ["block1-24", "transition", "total"]
    assert rows[0][2] == "24"


def test_what_is_hidden_is_not_known_of_a_scope() -> None:
    facts, _ = _about(mixed(), "stage1.block1")
    assert facts["MACs"].startswith("≥ ")
    assert facts["receptive field"].startswith("not known: it depends on stage1.block1.sort")


def test_the_parts_of_a_scope_show_their_lines_of_the_source() -> None:
    _, rows = _about(sourced(), "stage1")
    assert [row[-1] for row in rows] == ["net.py:11", "net.py:12", "net.py:99", ""]
