"""`henet-arch diff`: its forms, saved reports, and wrong input."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from cli.run import run


def test_every_form_holds_the_difference() -> None:
    table = run("diff", "henet-r3", "henet-r4")
    assert (table.code, table.err) == (0, "")
    assert max(map(len, table.out.splitlines())) <= 80
    assert "only in B: 8 layers" in table.out
    data = json.loads(run("diff", "henet-r3", "henet-r4", "-f", "json").out)
    assert (data["schema"], data["convention"], data["equal"]) == (2, "exact", False)
    assert (data["a"]["name"], data["b"]["name"]) == ("henet-r3", "henet-r4")
    assert data["totals"]["macs"]["difference"] == 12_966_504 - 10_046_040
    assert data["totals"]["macs"]["percent"] == pytest.approx(29.07, abs=0.01)
    assert [stage["a"] for stage in data["stages"]][:3] == ["input", "stem", "stage1"]
    text = run("diff", "henet-r3", "henet-r4", "-f", "csv").out
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(data["layers"])
    assert sum(int(row["macs_difference"]) for row in rows) == 12_966_504 - 10_046_040
    assert "| **total** |" in run("diff", "henet-r3", "henet-r4", "-f", "markdown").out
    assert "<td" in run("diff", "henet-r3", "henet-r4", "-f", "html").out


def test_depths() -> None:
    outs = [
        run("diff", "henet-r3", "henet-r4", "--depth", depth).out
        for depth in ("stages", "blocks", "layers")
    ]
    assert [out.count("block4") for out in outs] == sorted(out.count("block4") for out in outs)
    assert [out.count("only in B: conv2d") for out in outs] == [0, 0, 6]


def test_equal_networks_are_one_sentence() -> None:
    outcome = run("diff", "lenet5", "lenet5")
    assert outcome.code == 0
    assert outcome.out == "lenet5 and lenet5 are equal: 13 layers, 61,706 params, 416,520 MACs\n"
    assert json.loads(run("diff", "lenet5", "lenet5", "-f", "json").out)["equal"] is True


def test_a_saved_report_stands_for_its_network(tmp_path: Path) -> None:
    for name, convention in (("exact", "exact"), ("paper", "paper")):
        saved = tmp_path / f"{name}.json"
        run("analyze", "henet-r2", "--convention", convention, "-o", str(saved))
        assert " are equal: " in run("diff", str(saved), "henet-r2").out
    clash = run("diff", "exact.json", "paper.json")
    assert (clash.code, clash.out) == (3, "")
    assert "henet-r2 is counted as paper, henet-r2 as exact" in clash.err
    clash = run("diff", "henet-r3", "paper.json", "--convention", "fvcore")
    assert (clash.code, clash.out) == (3, "")
    assert "henet-r2 is counted as paper, not as fvcore" in clash.err
    assert "counted as paper" in run("diff", "henet-r3", "paper.json").out


WRONG = [
    ("diff henet-r3", 2, "Missing argument 'B'"),
    ("diff henet-r3 henet-r4 --convention papr", 2, "did you mean paper?"),
    ("diff henet-r3 henet-r4 --depth deep", 2, "'deep' is not one of"),
    ("diff henet-r3 henet-r9", 3, "'henet-r9' is neither a preset nor a file"),
    ("diff nope.json henet-r3", 3, "cannot read 'nope.json': No such file"),
    ("diff folder.json henet-r3", 3, "folder.json is a directory"),
    ("diff . henet-r3", 3, ". is a directory"),
    ("diff broken.json henet-r3", 3, "not valid JSON"),
    ("diff empty.json henet-r3", 3, "error: empty.json is empty"),
    ("diff list.json henet-r3", 3, "a spec is a table of keys and values, not a list"),
    ("diff henet-r3 henet-r4 --max-blocks 8", 3, "repeats add up to 9 blocks"),
    ("diff henet-r3 henet-r4 -o none/d.md", 3, "cannot write 'none/d.md'"),
]


@pytest.mark.parametrize(("line", "code", "message"), WRONG)
def test_wrong_input(line: str, code: int, message: str, tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "broken.json").write_text('{"schema": 1,')
    (tmp_path / "empty.json").write_text("")
    (tmp_path / "list.json").write_text("[]")
    outcome = run(*line.split())
    assert (outcome.code, outcome.out) == (code, "")
    assert message in outcome.err
    assert "Traceback" not in outcome.err
