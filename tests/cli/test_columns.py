"""`analyze --columns` shows the columns that were asked for, with torchinfo's values."""

from __future__ import annotations

import csv
import io
import json
import re
from functools import reduce
from math import prod
from pathlib import Path
from typing import Any

import pytest
from checkout import ROOT
from cli.run import run
from opaque import mixed

import henet_arch as ha
from henet_arch.results.columns import FIELDS, fields
from henet_arch.results.report_table import View
from henet_arch.support.errors import FileError

PRESETS = ("lenet5", "henet-r2", "alexnet", "resnet18", "mobilenetv3-small", "densenet121")


def _json(*arguments: str) -> dict[str, Any]:
    outcome = run("analyze", *arguments, "-f", "json")
    assert outcome.code == 0, outcome.err
    data: dict[str, Any] = json.loads(outcome.out)
    return data


def _csv(*arguments: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run("analyze", *arguments, "-f", "csv").out)))


def _table(*arguments: str) -> list[list[str]]:
    """The lines of a Markdown table as cells."""
    lines = run("analyze", *arguments, "-f", "markdown").out.splitlines()
    rows = [line.strip("|").split("|") for line in lines if line.startswith("|")]
    signs = ("*", "&emsp;", "\\")
    return [
        [reduce(lambda c, sign: c.replace(sign, ""), signs, cell).strip() for cell in row]
        for row in rows
    ]


@pytest.mark.parametrize("preset", PRESETS)
def test_each_layer_has_torchinfos_values(preset: str) -> None:
    summary = pytest.importorskip("torchinfo").summary
    module = ha.to_torch(preset).eval()
    names = {id(part): name for name, part in module.named_modules()}
    chosen = "input,output,kernel,params,params-share,trainable,macs,forward-bytes,backward-bytes"
    data = _json(preset, "--columns", chosen, "--convention", "torchinfo")
    ours = {layer["name"]: layer for layer in data["layers"]}
    counted = summary(module, (1, *ha.build(preset).input_shape), verbose=0)
    leaves = [info for info in counted.summary_list if info.is_leaf_layer]
    assert len(leaves) > 10
    for info in leaves:
        layer = ours[names[id(info.module)]]
        assert [1, *layer["input_shapes"][0]] == info.input_size
        assert [1, *layer["output_shape"]] == info.output_size
        assert layer["kernels"] == ([_pair(info.kernel_size)] if info.kernel_size else [])
        assert layer["params"] == info.num_params
        assert layer["params_share"] == info.num_params / counted.total_params
        assert layer["trainable_params"] == info.trainable_params
        assert layer["macs"] == info.macs
        assert layer["forward_bytes"] == 4 * prod(info.output_size)
    kept = [layer for layer in ours.values() if layer["params"]]
    assert counted.total_output_bytes == sum(
        layer["forward_bytes"] + layer["backward_bytes"] for layer in kept
    )


@pytest.mark.parametrize("images", [2, 33])
def test_a_batch_has_torchinfos_bytes(images: int) -> None:
    summary = pytest.importorskip("torchinfo").summary
    module = ha.to_torch("resnet18").eval()
    data = _json(
        "resnet18", "--columns", "params,forward-bytes,backward-bytes", "--batch", str(images)
    )
    counted = summary(module, (images, 3, 224, 224), verbose=0)
    assert data["batch"] == images
    assert counted.total_output_bytes == sum(
        layer["forward_bytes"] + layer["backward_bytes"]
        for layer in data["layers"]
        if layer["params"]
    )


def test_one_image_is_no_batch() -> None:
    columns = ("lenet5", "--columns", "live-bytes,forward-bytes")
    said = run("analyze", *columns).out
    assert run("analyze", *columns, "--batch", "1").out == said
    assert "kept as training keeps them\n" in said
    assert "images" not in said


def test_a_batch_multiplies_what_its_images_add_to_and_nothing_else() -> None:
    columns = ("henet-r2", "--columns", ",".join(FIELDS.keys() - {"repeats"}))
    one, many = _json(*columns), _json(*columns, "--batch", "7")
    for before, after in zip(one["layers"], many["layers"], strict=True):
        for field in FIELDS.values():
            if field.name != "repeats":
                times = 7 if field.by_image else 1
                assert after[field.word] == (
                    times * before[field.word] if times > 1 else before[field.word]
                )


def _pair(kernel: Any) -> list[int]:
    return list(kernel) if isinstance(kernel, (tuple, list)) else [kernel, kernel]


def test_what_is_frozen_is_not_trained() -> None:
    torch: Any = pytest.importorskip("torch")
    summary = pytest.importorskip("torchinfo").summary
    base: Any = torch.nn.Module

    class Tied(base):  # type: ignore[misc]
        """A frozen convolution, one with a frozen bias, and one that runs twice."""

        def __init__(self) -> None:
            super().__init__()
            self.frozen = torch.nn.Conv2d(3, 8, 3).requires_grad_(False)
            self.partial = torch.nn.Conv2d(8, 8, 3)
            self.partial.bias.requires_grad_(False)
            self.twice = torch.nn.Conv2d(8, 8, 1)

        def forward(self, x: Any) -> Any:
            return self.twice(self.twice(self.partial(self.frozen(x))))

    module = Tied()
    model = ha.load(module, (3, 9, 9))
    report = ha.analyze(model)
    trained = {layer.node.name: layer.trainable for layer in report.layers}
    assert list(trained.values()) == [0, 0, 8 * 8 * 9, 72, 0]
    assert sum(trained.values()) == summary(module, (1, 3, 9, 9), verbose=0).trainable_params
    assert sum(layer.trainable for layer in ha.analyze(ha.load(model)).layers) == 648


@pytest.mark.parametrize("depth", ["stages", "blocks", "layers"])
def test_every_form_has_the_columns_in_their_order(depth: str) -> None:
    chosen = ("--columns", "trainable,kernel,input,macs-share", "--depth", depth)
    keys = ["name", "trainable_params", "kernels", "input_shapes", "macs_share"]
    data = _json("resnet18", *chosen)
    assert [list(row) for row in data[depth]] == [keys] * len(data[depth])
    assert data["columns"] == ["trainable", "kernel", "input", "macs-share"]
    rows = _csv("resnet18", *chosen)
    assert [list(row) for row in rows] == [keys] * len(data[depth])
    for row, other in zip(rows, data[depth], strict=True):
        assert row["name"] == other["name"]
        assert int(row["trainable_params"]) == other["trainable_params"]
        assert row["kernels"] == " ".join("x".join(map(str, k)) for k in other["kernels"])
    heads = ["layer", "trainable", "kernel", "input", "of MACs"]
    assert _table("resnet18", *chosen)[0] == heads
    assert " & ".join(heads) in run("analyze", "resnet18", *chosen, "-f", "latex").out
    assert run("analyze", "resnet18", *chosen, "-f", "html").out.count("<th ") == 5
    text = run("analyze", "resnet18", *chosen).out
    assert text.splitlines()[2].split() == " ".join(heads).split()


@pytest.mark.parametrize("depth", ["stages", "blocks", "layers"])
def test_sums_of_the_parts_are_the_total(depth: str) -> None:
    """And the most that is held is the most of the parts."""
    names = [name for name in FIELDS if "total" in FIELDS[name].on]
    rows = _table("googlenet", "--depth", depth, "--no-fold", "--columns", ",".join(names))
    total = dict(zip(rows[0], rows[-1], strict=True))
    parts = _json("googlenet", "--depth", depth, "--columns", ",".join(names))[depth]
    for name in names:
        field = FIELDS[name]
        values = [part[field.word] for part in parts]
        shown = total[rows[0][1 + names.index(name)]]
        if name.endswith("-share"):
            assert (shown, round(sum(values), 9)) == ("100.0%", 1)
        else:
            assert int(shown.replace(",", "")) == (max if "live" in name else sum)(values)


def test_a_row_shows_what_comes_from_outside() -> None:
    rows = {row[0]: row[1:] for row in _table("densenet121", "--columns", "input,kernel,repeats")}
    assert rows["block1-24"] == ["256x14x14 to 992x14x14", "1x1, 3x3", "24"]
    assert rows["stage3"] == ["256x14x14", "", ""]
    layers = _table("resnet18", "--depth", "layers", "--columns", "kind,input,groups")
    assert ["add", "add", "64x56x56 (2)", ""] in layers
    assert ["conv1", "conv2d", "64x56x56", "1"] in layers


FLAT = """
name: "flat"
input: "data"
input_dim: 1
input_dim: 1
input_dim: 12
input_dim: 12
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "fc" type: "InnerProduct" bottom: "conv" top: "fc"
        inner_product_param { num_output: 5 } }
"""
"""A network without scopes, as Caffe and ONNX files have them."""


@pytest.mark.parametrize("depth", ["stages", "blocks", "layers"])
def test_a_network_without_scopes_has_a_row_for_each_layer(depth: str) -> None:
    Path("flat.prototxt").write_text(FLAT)
    rows = _table("flat.prototxt", "--depth", depth)
    names = [row[0] for row in rows[2:]]
    assert names == ["data", "conv", "relu", "fc_flatten", "fc", "total"]
    assert [row["name"] for row in _csv("flat.prototxt", "--depth", depth)] == [*names[:-1]]


def test_the_usual_columns_are_a_choice_too() -> None:
    usual = "output,width,stride,groups,repeats,params,macs,macs-share,activations,weight-bytes,"
    usual += "params-share"
    assert _table("alexnet", "--columns", usual)[0] == _table("alexnet")[0]
    other = [row for row in _table("henet-r3", "--columns", usual) if row[5]]
    assert other == [row for row in _table("henet-r3") if row[5]]


def test_a_narrow_table_loses_the_last_columns_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    line = "analyze densenet121 --columns macs-share,input,output,kernel,params,macs,trainable"
    out = run(*line.split()).out
    assert "left out at width 60: kernel, params, MACs, trainable; width" in " ".join(out.split())
    assert "of MACs  input" in out
    monkeypatch.setenv("COLUMNS", "120")
    assert "left out" not in run(*line.split()).out


def test_an_unknown_cost_is_no_number() -> None:
    report = ha.analyze(mixed())
    view = View(report, "layers", chosen=fields(["macs", "macs-share"]))
    rows = {row["name"]: row for row in view.records()}
    assert rows["stage1.block1.sort"] == {
        "name": "stage1.block1.sort",
        "macs": None,
        "macs_share": None,
    }
    assert rows["stage2.matmul"]["macs"] == 4_096


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--columns kernl", "unknown column 'kernl'; did you mean kernel?"),
        ("--columns nothing", "unknown column 'nothing'; known names: activations, backward-bytes"),
        ("--columns params,params", "the column 'params' is there twice"),
        ("--columns params,", "unknown column ''"),
        ("--columns repeats -f csv", "--columns repeats is for tables: csv has every block by it"),
        ("--columns kernel --symbolic", "--columns changes nothing here: formulas are of"),
        ("--columns kernel --analysis mixing", "--columns changes nothing here: --analysis mixing"),
    ],
)
def test_what_is_refused(arguments: str, said: str) -> None:
    outcome = run("analyze", "lenet5", *arguments.split())
    assert (outcome.code, outcome.out) == (2, "")
    assert said in " ".join(outcome.err.split())


def test_a_report_of_some_columns_is_no_network() -> None:
    assert run("analyze", "henet-r3", "--columns", "macs", "-o", "some.json").code == 0
    with pytest.raises(FileError, match="a report of some columns cannot be compared"):
        ha.diff("some.json", "henet-r4")


def test_the_document_has_every_column_and_its_key() -> None:
    text = (ROOT / "docs" / "analysis.md").read_text(encoding="utf-8")
    for field in FIELDS.values():
        [line] = [line for line in text.splitlines() if re.match(rf"\|.*`{field.name}`.*\|", line)]
        assert field.tables_only or f"`{field.word}`" in line.rpartition("| ")[2]
