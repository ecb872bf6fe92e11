"""A cost that is unknown is said wherever a total stands, and never counted as nothing."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from cli.run import run
from opaque import known, mixed, opaque

import henet_arch as ha
from henet_arch.analyzers import critical_path, roofline
from henet_arch.analyzers.machine import Machine
from henet_arch.comparison.diff import diff
from henet_arch.forms import rendered
from henet_arch.ir.graph import GraphBuilder
from henet_arch.ir.layers import Input
from henet_arch.results import unknown
from henet_arch.results.report_table import View
from henet_arch.results.table import Terminal

NAMES = ["stage1.block1.sort", "stage1.block2.sort"]
SENTENCE = "at least 26.15k MACs; 2 layers of unknown cost (18% of activations)"


def test_a_report_names_the_layers_and_counts_the_rest() -> None:
    report, whole = ha.analyze(mixed()), ha.analyze(known())
    assert [node.name for node in report.unknown] == NAMES
    assert report.macs == whole.macs == 13_824 + 2 * 4_096 + 4_096 + 40
    assert report.params == whole.params
    assert report.memory.activations == whole.memory.activations
    assert whole.unknown == ()
    assert [len(stage.unknown) for stage in report.stages()] == [0, 0, 2, 0, 0]
    assert [len(block.unknown) for block in report.blocks()] == [0, 0, 1, 1, 0, 0]


@pytest.mark.parametrize("form", ["table", "markdown", "html"])
@pytest.mark.parametrize("depth", ["stages", "blocks", "layers"])
def test_every_table_says_at_least(form: str, depth: str) -> None:
    text = str(rendered(View(ha.analyze(mixed()), depth), form))  # type: ignore[arg-type]
    assert SENTENCE in text.replace("&#x27;", "'")
    assert "≥ 26,152" in text
    assert "≥ 8,192" in text
    assert all(name in text for name in NAMES)
    assert "aten.sort" in text
    plain = str(rendered(View(ha.analyze(known()), depth), form))  # type: ignore[arg-type]
    assert "≥" not in plain
    assert "unknown" not in plain


@pytest.mark.parametrize("width", [40, 80, 100, 140])
def test_a_terminal_without_the_sign_has_two_characters_for_it(width: int) -> None:
    view = View(ha.analyze(mixed()), "layers")
    lines = str(rendered(view, "table", Terminal(width, unicode=False))).splitlines()
    assert all(line.isascii() for line in lines)
    assert max(map(len, lines)) <= width
    macs = next(line for line in lines if line.startswith(" total")).index(">= 26,152")
    row = next(line for line in lines if "sort " in line)
    assert row[: macs + len(">= 26,152")].endswith("  unknown")
    assert any(line.startswith(" ---") for line in lines)


def test_json_holds_the_list_and_no_number_for_what_is_unknown() -> None:
    report = ha.analyze(mixed())
    data = json.loads(rendered(report, "json"))
    assert data == report.to_dict()
    assert data["unknown"] == [
        {"name": name, "operator": "aten.sort", "output_shape": [8, 8, 8]} for name in NAMES
    ]
    assert data["totals"]["macs"] == report.macs
    assert [stage["unknown_layers"] for stage in data["stages"]] == [0, 0, 2, 0, 0]
    for layer in data["layers"]:
        is_unknown = layer["name"] in NAMES
        assert (layer["macs"] is None) == (layer["ops"] is None) == is_unknown
    assert ha.analyze(known()).to_dict()["unknown"] == []


def test_csv_has_empty_cells() -> None:
    report = ha.analyze(mixed())
    rows = list(csv.DictReader(io.StringIO(str(rendered(report, "csv")))))
    for row in rows:
        counts = {row[key] for key in ("macs", "mac", "add", "exp")}
        assert ("" in counts) == (row["name"] in NAMES)
        assert row["activations"]
    blocks = csv.DictReader(io.StringIO(str(rendered(View(report, "blocks"), "csv"))))
    assert [row["unknown_layers"] for row in blocks] == ["0", "0", "1", "1", "0", "0"]


def test_a_long_list_ends_with_how_many_more_there_are() -> None:
    builder = GraphBuilder("long")
    x = builder.add("image", Input((4,)))
    for index in range(unknown.MOST_LISTED + 7):
        x = opaque(builder, f"op{index}", x, (4,))
    text = str(ha.analyze(builder.finish()))
    assert "27 layers of unknown cost (96% of activations)" in text
    assert "and 7 more: --format json has all" in text
    assert "unknown MACs" in ha.analyze(builder.finish()).headline()


def test_one_layer_is_one() -> None:
    builder = GraphBuilder("one")
    opaque(builder, "op", builder.add("image", Input((4,))), (4,), operator="NonZero")
    assert "unknown MACs; 1 layer of unknown cost (50% of activations)" in str(
        ha.analyze(builder.finish())
    )


def test_a_difference_is_unknown_only_where_something_unknown_changed(tmp_path: Path) -> None:
    result = diff(known(), mixed())
    assert not result.difference_known
    data = json.loads(rendered(result, "json"))
    assert data["b"]["unknown"] == NAMES
    assert data["a"]["unknown"] == []
    assert data["totals"]["macs"] == {
        "a": 26_152, "b": 26_152, "difference": None, "percent": None
    }  # fmt: skip
    layer = next(each for each in data["layers"] if each["b"] == NAMES[0])
    assert layer["macs"] == {"a": 0, "b": None, "difference": None, "percent": None}
    assert layer["unknown_layers"] == {"a": 0, "b": 1}
    other = next(each for each in data["layers"] if each["b"] == "head.fc")
    assert other["macs"]["difference"] == 0
    text = str(result)
    assert "B: at least 26.15k MACs; 2 layers of unknown cost" in text
    assert "≥ 26,152" in text
    record = next(each for each in result.records() if each["b"] == NAMES[0])
    assert (record["macs_b"], record["macs_difference"]) == (None, None)
    same = diff(mixed(), mixed())
    assert same.equal
    assert "15 layers, 477 params, at least 26,152 MACs" in str(same)
    path = tmp_path / "mixed.json"
    path.write_text(str(rendered(ha.analyze(mixed()), "json")))
    assert diff(path, mixed()).equal
    assert diff(path, known()).to_dict() == diff(mixed(), known()).to_dict()


@pytest.mark.parametrize("form", ["text", "dot", "mermaid", "json"])
def test_drawings_say_at_least(form: str) -> None:
    text = str(ha.draw(mixed(), depth="layers").render(form))
    assert "at least" in text or form == "mermaid"
    assert "unknown" in text or form == "mermaid"
    assert "at least" not in str(ha.draw(known(), depth="layers").render(form))


def test_counters_are_held_against_one_another_without_it() -> None:
    result = ha.reconcile(mixed())
    assert result.to_dict()["unknown"] == NAMES
    text = str(result)
    assert "at least 26.15k MACs; 2 layers of unknown cost\n" in text
    assert "≥ 52.30k" in text
    told = "unknown: a counter of modules does not say what it counts of operators: aten.mm"
    for each in (text, str(ha.reconcile(known()))):
        assert told in " ".join(each.split())
    exact, *_, torch, _ = ha.reconcile(known()).counts
    assert (exact.unknown, torch.unknown, torch.difference) == ((), (), exact.total)


def test_strict_is_a_check(tmp_path: Path) -> None:
    path = tmp_path / "mixed.json"
    path.write_text(ha.to_json(mixed()))
    code, out, err = run("analyze", str(path), "--strict")
    assert code == 1
    assert SENTENCE in out
    assert err.splitlines() == [f"{name}: aten.sort, 8x8x8: unknown cost" for name in NAMES]
    assert run("analyze", str(path))[0] == 0
    path.write_text(ha.to_json(known()))
    assert run("analyze", str(path), "--strict")[::2] == (0, "")
    for others in (["--symbolic"], ["--analysis", "mixing"]):
        code, _, err = run("analyze", str(path), "--strict", *others)
        assert code == 2
        assert "--strict changes nothing here" in err


def test_a_roofline_leaves_out_what_it_does_not_know() -> None:
    machine = Machine("m", 100.0, 25.0)
    result = roofline.analyze(mixed(), machine)
    data = result.to_dict()
    assert data["unknown"] == NAMES
    rows = {row["layer"]: row for row in data["layers"]}
    assert [rows[NAMES[0]][key] for key in ("flops", "intensity", "unfused_us", "bound_by")] == [
        None, None, None, "",
    ]  # fmt: skip
    assert rows[NAMES[0]]["bytes_moved"] == 2 * 4 * 512
    assert rows["stage2.roll"]["flops"] == 0
    assert data["totals"]["flops"] == roofline.analyze(known(), machine).total.flops - 2 * 512
    assert data["totals"]["intensity"] is None
    text = str(result)
    assert "at least 56.41k FLOPs; 2 layers of unknown cost" in text
    assert "1 layers bound by compute, 11 by memory" in text
    assert "unknown" not in str(roofline.analyze(known(), machine))


def test_chains_say_what_is_missing() -> None:
    result = critical_path.analyze(mixed())
    assert result.to_dict()["unknown"] == NAMES
    assert {row["layer"] for row in result.records() if row["macs"] is None} == {*NAMES}
    text = str(result)
    assert "≥ 26,152" in text
    assert "at least 26.15k MACs; 2 layers of unknown cost" in text
    assert "unknown" not in str(critical_path.analyze(known()))
