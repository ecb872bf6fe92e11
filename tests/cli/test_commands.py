"""Every command: what it prints, in every form, and how it ends."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import jsonschema
import pytest
from cli.run import run

import henet_arch as ha
from henet_arch import analyzers
from henet_arch.results.shown import Shown

TABLE_2 = [
    ("stem", "24x31x31", "24 1"),
    ("stage1", "48x15x15", ""),
    ("block1-3", "48x31x31", "24 1 6, 4 3"),
    ("down", "48x15x15", "48 2 6, 4"),
    ("stage2", "96x7x7", ""),
    ("block1-3", "96x15x15", "48 1 8, 6 3"),
    ("down", "96x7x7", "96 2 8, 6"),
    ("stage3", "96x3x3", ""),
    ("block1-3", "192x7x7", "96 1 12, 8 3"),
    ("down", "96x3x3", "96 2 8, 6"),
    ("stage4", "192x1x1", ""),
    ("down", "192x1x1", "192 2 12, 8"),
]


def test_table_2_can_be_read_off_the_default_output() -> None:
    outcome = run("analyze", "--channels", "24,48,96,192")
    assert (outcome.code, outcome.err) == (0, "")
    lines = [" ".join(line.split()) for line in outcome.out.splitlines()]
    rows = iter(lines)
    for name, output, facts in TABLE_2:
        start = " ".join(filter(None, (name, output, facts)))
        assert any(line.startswith(start) for line in rows), start
    assert any(line.startswith("total 87,058 10,046,040 100.0%") for line in rows)


def test_json_is_the_stable_form() -> None:
    data = json.loads(run("analyze", "--format", "json").out)
    assert list(data) == [
        "schema", "name", "family", "convention", "input_shape", "output_shape", "outputs",
        "totals", "unread_params", "tied_params", "unknown", "stages", "blocks", "layers",
    ]  # fmt: skip
    assert data["outputs"] == [{"name": "head.fc", "shape": [10], "stride": None}]
    assert data["schema"] == 2
    for parts in ("stages", "blocks"):
        for figure in ("params", "macs", "activations", "weight_bytes"):
            assert sum(part[figure] for part in data[parts]) == data["totals"][figure]
    assert data["blocks"][2] == {
        "name": "stage1.block1", "layers": 8, "output_shape": [48, 31, 31], "width": 24,
        "stride": 1, "groups": [6, 4], "params": 1536, "macs": 1_337_712, "activations": 207_576,
        "weight_bytes": 6528, "unknown_layers": 0,
    }  # fmt: skip
    assert (data["name"], data["family"], data["convention"]) == ("henet-r3", "henet", "exact")
    assert (data["input_shape"], data["output_shape"]) == ([3, 31, 31], [10])
    assert data["totals"]["params"] == sum(layer["params"] for layer in data["layers"]) == 87_058
    assert data["totals"]["macs"] == sum(layer["macs"] for layer in data["layers"]) == 10_046_040
    assert data["totals"]["weight_bytes"] == sum(layer["weight_bytes"] for layer in data["layers"])
    assert data["totals"]["activations"] == sum(layer["activations"] for layer in data["layers"])
    assert data["totals"]["peak_activation_bytes"] == max(
        layer["live_activation_bytes"] for layer in data["layers"]
    )
    conv = data["layers"][1]
    assert (conv["name"], conv["kind"], conv["inputs"]) == ("stem.conv", "conv2d", ["input"])
    assert (conv["input_shapes"], conv["output_shape"]) == ([[3, 31, 31]], [24, 31, 31])
    assert (conv["params"], conv["macs"], conv["ops"]["mac"]) == (672, 622_728, 622_728)
    assert set(conv["because"][0]) == {"rule", "reason", "source"}


def test_csv_has_one_line_a_layer() -> None:
    rows = list(csv.DictReader(io.StringIO(run("analyze", "-f", "csv").out)))
    assert len(rows) == len(ha.build())
    assert sum(int(row["params"]) for row in rows) == 87_058
    assert sum(int(row["macs"]) for row in rows) == 10_046_040


@pytest.mark.parametrize("depth", ["stages", "blocks", "layers"])
@pytest.mark.parametrize("words", ["analyze", "diff henet-r3 henet-r4"])
def test_json_and_csv_follow_the_depth(words: str, depth: str) -> None:
    arguments = (*words.split(), "--depth", depth)
    data = json.loads(run(*arguments, "-f", "json").out)
    deeper = {"stages": {"blocks", "layers"}, "blocks": {"layers"}, "layers": set()}[depth]
    assert {"stages", "blocks", "layers"} - data.keys() == deeper
    rows = list(csv.DictReader(io.StringIO(run(*arguments, "-f", "csv").out)))
    assert len(rows) == len(data[depth])
    key = "params" if words == "analyze" else "params_difference"
    assert sum(int(row[key]) for row in rows) == sum(
        part["params"] if words == "analyze" else part["params"]["difference"]
        for part in data[depth]
    )


def test_markdown_and_html_hold_the_totals() -> None:
    assert "| **total** |" in run("analyze", "-f", "markdown").out
    assert "<td" in run("analyze", "-f", "html").out
    for form in ("markdown", "html"):
        assert "10,046,040" in run("analyze", "-f", form).out


@pytest.mark.parametrize("depth", ["stages", "blocks", "layers"])
def test_depths_and_folding(depth: str) -> None:
    folded = run("analyze", "--depth", depth).out.splitlines()
    unfolded = run("analyze", "--depth", depth, "--no-fold").out.splitlines()
    extra = {"stages": 0, "blocks": 6, "layers": 6 * 9}[depth]
    assert len(unfolded) - len(folded) == extra
    assert folded[-4:] == unfolded[-4:]


def test_the_paper_convention() -> None:
    out = run("analyze", "henet-r3", "--convention", "paper").out
    assert "641,218" in out
    assert "10,238,808" in out
    assert "counted as paper" in out


def test_options_change_a_preset_and_a_file(tmp_path: Path) -> None:
    ha.save(ha.Spec(name="mine", classes=7), tmp_path / "net.toml")
    data = json.loads(run("analyze", "net.toml", "--classes", "5", "-f", "json").out)
    assert (data["name"], data["output_shape"]) == ("mine", [5])
    options = (
        "--channels 16,32,64 --repeats 1,2 --strides 2,2,1 --kernels 5 --input 1x28x30 --classes 3 "
        "--family henet --groups 2 --padding same --set last_width=next --name own"
    )
    spec = run("spec", "shufflenet-r2", *options.split(), "-f", "json").out
    assert json.loads(spec) == {
        "name": "own", "family": "henet", "input": [1, 28, 30], "classes": 3,
        "features_only": False, "feature_strides": [], "softmax": False, "channels": [16, 32, 64],
        "repeats": [1, 2], "strides": [2, 2, 1], "kernels": 5,
        "groups": 2, "padding": "same", "last_width": "next",
        "bias": True, "rectify": "branch", "pooling": False,
    }  # fmt: skip
    assert json.loads(run("spec", "--input", "28x30", "-f", "json").out)["input"] == [3, 28, 30]
    assert json.loads(run("spec", "--groups", "dense", "-f", "json").out)["groups"] == "dense"


def test_a_printed_spec_can_be_read_back(tmp_path: Path) -> None:
    for ending in ("toml", "json", "yaml"):
        assert run("spec", "shufflenet-r4", "-o", f"net.{ending}").code == 0
        assert ha.load(tmp_path / f"net.{ending}").origin == ha.preset("shufflenet-r4")
    assert run("spec").out.startswith('family = "henet"\n')


def test_a_report_is_no_network() -> None:
    assert run("analyze", "henet-r2", "-o", "report.json").code == 0
    outcome = run("analyze", "report.json")
    assert "this is a report, not a network" in outcome.err
    assert "where: report.json" in outcome.err


def test_output_goes_to_a_file_in_the_form_of_its_ending(tmp_path: Path) -> None:
    for name, form in (("a.json", "json"), ("a.md", "markdown"), ("a.csv", "csv"), ("a", "table")):
        outcome = run("analyze", "-o", name)
        assert outcome == (0, "", "")
        assert (tmp_path / name).read_text() == run("analyze", "-f", form).out


def test_list() -> None:
    data = json.loads(run("list", "-f", "json").out)
    sizes = {row["name"]: (row["params"], row["macs"]) for row in data["presets"]}
    assert list(sizes) == list(ha.presets())
    assert sizes["shufflenet-r5"] == (102_418, 13_278_552)
    table = run("list").out
    assert all(name in table for name in sizes)


def test_plan() -> None:
    out = run("plan", "--input", "224", "--layers", "5").out
    assert "223 > 111 > 55 > 27 > 13 > 6" in out
    assert "223 or 255 meet odd sizes only" in out
    odd = run("plan", "--input", "224", "--layers", "5", "--last-odd").out
    assert "191 or 255 meet odd sizes only and end odd" in odd
    assert "31 meets odd sizes only" in run("plan").out
    data = json.loads(run("plan", "--input", "3x32x64", "-f", "json").out)
    assert [axis["size"] for axis in data["axes"]] == [32, 64]
    assert [axis["axis"] for axis in data["axes"]] == ["height", "width"]
    assert data["axes"][0]["plans"][0]["sizes"] == [31, 15, 7, 3, 1]
    rows = list(csv.DictReader(io.StringIO(run("plan", "--input", "32", "-f", "csv").out)))
    assert [row["input"] for row in rows] == ["31", "32", "47"]
    assert [row["fits"] for row in rows] == ["True", "False", "True"]
    assert "2 is too small for 4 stride-2 layers" in run("plan", "--input", "2").out


def test_explain() -> None:
    out = " ".join(run("explain").out.split())
    assert "24 = 6 x 4 are its" in out
    assert "HENet section 3.1, eq. 1" in out
    layer = run("explain", "henet-r3", "stage1.block1.conv1").out
    assert "4 of 24 channels of stem.relu" in layer
    assert "in_channels 48" in layer
    block = run("explain", "henet-r3", "stage1.block2").out
    assert block.count("stage1.block2.") >= 3
    rows = list(csv.DictReader(io.StringIO(run("explain", "-f", "csv").out)))
    assert {row["layer"] for row in rows} >= {"stem.conv", "stage4.down.conv1", "head.fc"}
    data = json.loads(run("explain", "henet-r3", "head.fc", "-f", "json").out)
    assert [layer["name"] for layer in data["layers"]] == ["head.fc"]
    wrong = run("explain", "henet-r3", "stage1.blok2")
    assert wrong.code == 3
    assert "did you mean stage1.block2" in wrong.err


def test_schema() -> None:
    schema = json.loads(run("schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(run("spec", "-f", "json").out), schema)


def test_reproduce(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = run("reproduce")
    assert outcome.code == 0
    assert "Table 2: 39 of 39 cells equal; Tables 3 to 5: 41 of 42 cells equal" in outcome.out
    assert "the paper's slip" in outcome.out
    data = json.loads(run("reproduce", "-f", "json").out)
    assert (data["cells"], data["equal"], data["holds"]) == (81, 80, True)
    monkeypatch.setattr("henet_arch.papers.reproduce.SLIPS", {})
    assert run("reproduce").code == 1


def test_help_and_version() -> None:
    assert run("--version").out == f"henet-arch {ha.__version__}\n"
    assert "analyze" in run("--help").out
    for command in ("analyze", "explain", "plan", "list", "schema", "spec", "reproduce"):
        outcome = run(command, "-h")
        assert outcome.code == 0
        assert command in outcome.out
    assert run().code == 2


ANALYSES = {
    "receptive-field": "layer",
    "critical-path": "layer",
    "mixing": "block",
    "roofline": "layer",
    "memory-timeline": "layer",
}
"""What a record of each is about."""


@pytest.mark.parametrize(("name", "subject"), ANALYSES.items())
@pytest.mark.slow
def test_analyses_have_every_form(name: str, subject: str) -> None:
    for network in ("henet-r3", "googlenet", "densenet121"):
        arguments = ("analyze", network, "--analysis", name)
        table = run(*arguments)
        assert (table.code, table.err) == (0, "")
        assert table.out.startswith(f"{network}: ")
        assert max(map(len, table.out.splitlines())) <= 80
        data = json.loads(run(*arguments, "-f", "json").out)
        assert (data["schema"], data["name"], data["analysis"]) == (1, network, name)
        rows = list(csv.DictReader(io.StringIO(run(*arguments, "-f", "csv").out)))
        assert rows[-1][subject].startswith("head")
    for form, mark in (("markdown", "| --- |"), ("html", "<td")):
        assert mark in run("analyze", "--analysis", name, "-f", form).out


def test_the_analyses_are_the_files_that_study_a_graph() -> None:
    assert set(analyzers.ANALYSES) == set(ANALYSES)


def test_a_roofline_takes_a_profile_and_a_timeline_draws_itself(tmp_path: Path) -> None:
    profile = tmp_path / "board.toml"
    profile.write_text('name = "board"\npeak_gflops = 10\nbandwidth_gb_per_s = 2\n')
    told = run("analyze", "--analysis", "roofline", "--machine", str(profile))
    assert "board: 10 GFLOP/s and 2 GB/s, in balance at 5.0 FLOP/B" in told.out
    bad = run("analyze", "--analysis", "roofline", "--machine", str(tmp_path / "none.toml"))
    assert (bad.code, bad.out) == (3, "")
    pytest.importorskip("matplotlib")
    drawn = run("analyze", "--analysis", "memory-timeline", "--plot", str(tmp_path / "m.svg"))
    assert drawn.code == 0
    assert "<svg" in (tmp_path / "m.svg").read_text()


@pytest.mark.parametrize("name", ANALYSES)
def test_analyses_show_themselves(name: str) -> None:
    found = analyzers.ANALYSES[name](ha.build("henet-r2"))
    assert str(found).startswith("henet-r2: ")
    assert isinstance(found, Shown)
    assert "<table" in found._repr_html_()


@pytest.mark.parametrize(
    ("words", "files"),
    [
        ("-o net.py", ["net.py"]),
        ("-o net.c", ["net.c"]),
        ("--target torch -o net", ["net"]),
        ("--target torch -o net.PY", ["net.PY"]),
    ],
)
def test_emit_writes_what_the_ending_says(words: str, files: list[str], tmp_path: Path) -> None:
    name = words.split()[-1]
    assert run("emit", "lenet5", *words.split()) == (0, "", f"wrote {name}\n")
    assert [path.name for path in tmp_path.iterdir()] == files
    target = "c" if files == ["net.c"] else "torch"
    assert (tmp_path / files[0]).read_text() == ha.emit("lenet5", target).text


def test_emit_writes_a_folder_for_c(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    assert run("emit", "lenet5", "-o", "net") == (0, "", "wrote net\n")
    assert (tmp_path / "net" / "Makefile").is_file()


@pytest.mark.parametrize(
    ("words", "said", "fix"),
    [
        (
            "-o net.txt",
            "no target writes '.txt'",
            ".c for c, .c for c-training, .prototxt for caffe,",
        ),
        ("--target c -o net.txt", "c does not write '.txt'", ".c for c, or a folder for c"),
        ("--target torch -o net.c", "torch does not write '.c'", ".py for torch"),
        ("--target c -o net.py", "c does not write '.py'", ".c for c, or a folder for c"),
    ],
)
def test_emit_refuses_other_endings(words: str, said: str, fix: str, tmp_path: Path) -> None:
    outcome = run("emit", "lenet5", *words.split())
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.err.startswith(f"error: {said}")
    assert f"fix:   {fix}" in outcome.err
    assert not list(tmp_path.iterdir())


def test_a_part_of_the_default_network_is_not_taken_for_a_network() -> None:
    outcome = run("explain", "stage1.block1")
    assert outcome.code == 3
    assert "fix:   henet-arch explain henet-r3 stage1.block1" in outcome.err


def test_only_the_forms_of_a_command_are_offered() -> None:
    for words in ("analyze -f none", "analyze -f sarif", "analyze -o a.sarif", "diff a b -f sarif"):
        outcome = run(*words.split())
        assert outcome.code in (2, 3)
        assert "known names: csv, html, json" in " ".join(outcome.err.split())
        assert "sarif" not in outcome.err.partition("known names")[2]
    assert "sarif" in run("lint", "-f", "none").err.partition("known names")[2]


def test_a_list_of_any_length_can_be_set() -> None:
    for value in ("[]", "[24]", "[24, 48]"):
        code, out, _ = run("spec", "vgg16", "--set", f"hidden={value}")
        assert code == 0
        assert f"hidden = {value}\n" in out
    assert run("spec", "vgg16", "--set", "hidden=" + "[" * 5000)[0] == 3
