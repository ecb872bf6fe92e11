"""`henet-arch budget`."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from cli.run import run

import henet_arch as ha
from henet_arch.cli import parsing
from henet_arch.search.search import alone
from henet_arch.support.errors import FileError

SMALL = ("budget", "--channels", "12/24,24..48:24,96,192", "--max-params", "87.1k")


def test_the_front_as_a_table_fits_a_terminal() -> None:
    outcome = run(*SMALL, "--repeats", "1..4", "--check", "henet-r3")
    assert (outcome.code, outcome.err) == (0, "")
    assert max(map(len, outcome.out.splitlines())) <= 80
    assert "the front of 16 specs: most MACs, least params" in outcome.out
    assert "    1  24,48,96,192  3,3,3    87.06k  10.05M" in outcome.out
    assert "henet-r3  87.06k  10.05M  360.4 KiB     28    192  yes" in outcome.out


def test_every_form_has_the_same_points(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    from pyarrow import parquet

    words = (*SMALL, "--family", "henet/shufflenet", "--repeats", "1..4", "--input", "31/47")
    data = json.loads(run(*words, "-f", "json").out)
    rows = list(csv.DictReader(io.StringIO(run(*words, "-f", "csv").out)))
    file = tmp_path / "front.parquet"
    assert run(*words, "-o", str(file)).code == 0
    read = parquet.read_table(file).to_pylist()
    assert [row["params"] for row in read] == [int(row["params"]) for row in rows]
    assert [point["figures"]["params"] for point in data["front"]] == [r["params"] for r in read]
    assert (data["specs"], data["schema"]) == (64, 2)
    for point in data["front"]:
        report = ha.analyze(ha.Spec(**point["spec"]))
        assert report.macs == point["figures"]["macs"]
        assert report.memory.peak_bytes == point["figures"]["memory"]


def test_a_network_off_the_front_is_a_failed_check() -> None:
    outcome = run(*SMALL, "--check", "shufflenet-r5")
    assert outcome.code == 1
    assert "no: " in outcome.out
    assert run(*SMALL, "--at-least", "macs=60M", "--max-macs", "80M").code == 1


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("googlenet", "--input", "64"), 3, "nothing is open"),
        (("--channels", "8..4,8"), 2, "'8..4' is not LOW..HIGH"),
        (("--channels", "8..64:0,8"), 2, "is not LOW..HIGH or LOW..HIGH:STEP"),
        (("--channels", "1..99999999,8"), 2, "more than 1,000,000 values"),
        (("--channels", "a,8"), 2, "'a' is not a whole number"),
        (("--channels", "0..8,8,8,8"), 3, "channels"),
        (("--channels", "8/8,8,8,8"), 3, "a value twice"),
        (("--repeats", "1..3,1"), 3, "repeats has 2 values, but there are 3 places for them"),
        (("--family", "henet/henet"), 3, "a family is there twice"),
        (("--repeats", "1..3", "-o", "a.json", "--checkpoint", "a.json"), 2, "are the same file"),
        (("--repeats", "1..3", "-o", "none/a.json"), 3, "cannot write 'none/a.json'"),
        (("--repeats", "1..3", "-o", "a.svg"), 3, "unknown report form 'svg'"),
        (("--set", "width=0.5/1"), 3, "unknown key 'width'"),
        (("--set", "nope=1"), 3, "known names: bias, channels, classes, feature_strides,"),
        (("mobilenet", "--set", "width=0.5/65"), 3, "above the limit of 64"),
        (("mobilenet", "--set", "width=0..1"), 3, "width = 0 is not above 0"),
        (("mobilenet", "--set", "width=1..0.5"), 2, "is not LOW..HIGH"),
        (("mobilenet", "--set", "width=0.0001..2"), 3, "20,000 combinations"),
        (("mobilenet", "--set", "width=0.0000001..1"), 2, "more than 1,000,000 values"),
        (("mobilenet", "--set", "width=a..b"), 2, "'a' is not a number"),
        (("--set", "width"), 2, "is not KEY=VALUES"),
        (("--set", "family=henet/vgg"), 3, "family cannot be open"),
        (("--set", "repeats=1/two"), 3, "repeats has a value that is not a whole number"),
        (("--strides", "1/2,2"), 3, "strides has 2 values, but there are 4 places"),
        (("--kernels", "3/4"), 3, "kernels: 4 is even"),
        (("--groups", "dense/dence"), 3, "did you mean dense"),
        (("--input", "1/3x31x31"), 3, "the image's channels cannot be open"),
        (("--input", "3x31x31x31"), 2, "is not SIZE, HxW or CxHxW"),
        (("--point", "2"), 2, "--point goes with --save FILE"),
        (("--repeats", "1..3", "--save", "best.txt"), 3, "has no ending of a spec file"),
        (("--repeats", "1..3", "--save", "none/best.toml"), 3, "cannot write 'none/best.toml'"),
        (("--repeats", "1..3", "--save", "a.json", "-o", "a.json"), 2, "are the same file"),
        (("--repeats", "1..99999"), 3, "blocks"),
        (("--family", "henet/nonet"), 3, "nonet"),
        (("lenet5", "--repeats", "1..3"), 3, "repeats"),
        (("--repeats", "1..3", "--max-params", "many"), 2, "is no amount"),
        (("--repeats", "1..3", "--max-params", "1.23456k"), 2, "not a whole number"),
        (("--repeats", "1..3", "--at-most", "flops=3"), 3, "unknown measure 'flops'"),
        (("--repeats", "1..3", "--at-most", "flops"), 2, "is not MEASURE=N"),
        (("--repeats", "1..3", "--maximize", "params"), 3, "both large and small"),
        (("--repeats", "1..3", "--max-specs", "2"), 3, "the space has 3 specs"),
        (("--repeats", "1..3", "--jobs", "0"), 2, "0 is not between 1 and 256"),
        (("--repeats", "1..3", "--check", "nonet"), 3, "nonet"),
        (("--repeats", "1..3", "--plot", "front.bmp"), 3, "front.bmp"),
    ],
)
def test_bad_input_is_told(words: tuple[str, ...], code: int, message: str) -> None:
    outcome = run("budget", *words)
    assert outcome.code == code
    assert message in outcome.err.replace("\n│", "").replace("  ", " ")


def test_the_front_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "front.svg"
    assert run(*SMALL, "--check", "henet-r3", "--plot", str(path)).code == 0
    drawn = path.read_text()
    assert "henet-r3" in drawn
    assert "on the front" in drawn
    one = ("--maximize", "macs", "--minimize", "none")
    assert run("budget", "--repeats", "1..3", *one).code == 0
    assert run("budget", "--repeats", "1..3", *one, "--plot", str(path)).code == 3


@pytest.mark.slow
def test_an_interrupted_search_goes_on_from_where_it_was(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "henet_arch", "budget", "--channels"]
    words += ["4..64:4,8..128:8,16..256:16,32..512:32", "--repeats", "1..7,1..7,1..7", "-f", "json"]
    work = subprocess.Popen(
        words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    assert work.stderr is not None
    assert "22,478,848 specs, about" in work.stderr.readline()
    time.sleep(2)
    work.send_signal(signal.SIGINT)
    _, err = work.communicate(timeout=60)
    assert work.returncode == 130
    assert "stopped at " in err
    kept = list(tmp_path.glob("budget-*.json"))
    assert [path.name in err for path in kept] == [True]
    done = json.loads(kept[0].read_text())["done"]
    assert 0 < done[-1][1] < 22_478_848
    again = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert f"going on from {kept[0].name}" in again.stderr
    assert json.loads(again.stdout)["specs"] == 22_478_848
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    assert run(*SMALL, "-o", str(tmp_path / "none" / "front.csv")).code == 3
    assert run(*SMALL, "-o", str(tmp_path), "-f", "csv").code == 3
    assert run(*SMALL, "--checkpoint", str(tmp_path)).code == 3
    assert not list(tmp_path.iterdir())


def test_a_budget_alone_searches_networks_that_one_would_build() -> None:
    outcome = run("budget", "--family", "shufflenet-v1", "--input", "32", "--max-params", "80k")
    assert (outcome.code, outcome.err) == (0, "")
    words = " ".join(outcome.out.split())
    assert "searched, as nothing is open: 918 specs" in words
    assert "channels 2 stages, none narrower than the one before it: 12..96:12/120" in words
    assert "repeats 1..6, in each of 1 stage" in words
    assert "816 are networks" in words


def test_nothing_within_the_bounds_names_the_smallest() -> None:
    words = ("budget", "--channels", "12/24,24/48,96,192", "--repeats", "1..3")
    outcome = run(*words, "--family", "henet/shufflenet", "--max-params", "1k")
    assert outcome.code == 1
    text = " ".join(outcome.out.split())
    for family in ("henet", "shufflenet"):
        least = min(
            ha.analyze(ha.Spec(family=family, channels=(a, b, 96, 192), repeats=r)).params
            for a, b, r in product((12, 24), (24, 48), (1, 2, 3))
            if family == "henet" or a < b
        )
        assert f"no {family} of this space has params <= 1.000k; the smallest has {least:,}" in text
    data = json.loads(run(*words, "--max-params", "1k", "-f", "json").out)
    (nearest,) = data["nearest"]
    assert ha.analyze(ha.Spec(**nearest["spec"])).params == nearest["figure"]
    small = run("budget", "--repeats", "1..3", "--input", "7", "--max-params", "1k")
    assert (small.code, "no spec of family henet is a network" in small.out) == (1, True)


@pytest.mark.parametrize("name", ["best.toml", "best.json", "best.yaml"])
def test_a_point_is_saved_as_a_spec(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    words = (*SMALL, "--repeats", "1..4")
    outcome = run(*words, "--save", str(path), "--point", "2", "-f", "json")
    assert outcome.code == 0
    assert f"point 2 is saved: henet-arch analyze {path}" in outcome.err
    second = json.loads(outcome.out)["front"][1]
    assert ha.analyze(path).params == second["figures"]["params"]
    path.unlink()
    assert run(*words, "--save", str(path), "--point", "99").code == 3
    assert run(*SMALL, "--max-params", "1", "--save", str(path)).code == 1
    assert not path.exists()


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0.25..1:0.25", (0.25, 0.5, 0.75, 1.0)),
        ("0.1..0.3", (0.1, 0.2, 0.3)),
        ("1..3", (1, 2, 3)),
        ("1..2:0.5/3", (1.0, 1.5, 2.0, 3)),
        ("same/valid", ("same", "valid")),
        ("true/false", (True, False)),
        ("1,2/3", ((1,), (2, 3))),
        ("64,", ((64,),)),
    ],
)
def test_what_a_key_may_be(text: str, values: tuple[Any, ...]) -> None:
    parsed = parsing.choices(text)
    assert parsed == values
    assert list(map(type, parsed)) == list(map(type, values))


def test_any_key_opens() -> None:
    words = ["budget", "mobilenet", "--input", "1x64x64", "--set", "width=0.25..1:0.25"]
    words += ["--padding", "same/valid", "--set", "stem=16/32", "--groups", "depthwise/dense"]
    data = json.loads(run(*words, "-f", "json").out)
    assert data["specs"] == 4 * 2 * 2 * 2
    assert data["keys"] == ["width", "stem", "groups", "padding"]
    for point in data["front"]:
        assert ha.analyze(ha.Spec(**point["spec"])).macs == point["figures"]["macs"]
    rows = list(csv.DictReader(io.StringIO(run(*words, "-f", "csv").out)))
    assert {row["spec_width"] for row in rows} <= {"0.25", "0.5", "0.75", "1.0"}
    assert all(int(row["width"]) >= 256 for row in rows)
    each = json.loads(run("budget", "--strides", "1/2,2,2,2", "--kernels", "3/5", "-f", "json").out)
    assert (each["specs"], each["keys"]) == (4, ["strides", "kernels"])


def test_combinations_that_contradict_themselves_are_left_out() -> None:
    words = ("--set", "block=basic/bottleneck", "--set", "stride_in=3x3/1x1")
    outcome = run("budget", "resnet18", *words, "-f", "json")
    assert json.loads(outcome.out)["specs"] == 3


def test_a_link_that_names_the_checkpoint_is_kept(tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(tmp_path / "kept.json")
    assert run(*SMALL, "--checkpoint", str(tmp_path / "link.json")).code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["link.json"]


def test_two_searches_do_not_share_a_checkpoint(tmp_path: Path) -> None:
    path, link = tmp_path / "kept.json", tmp_path / "link.json"
    link.symlink_to(path)
    with alone(path):
        for name in (path, link):
            outcome = run(*SMALL, "--checkpoint", str(name))
            assert outcome.code == 3
            assert f"{name} is in use by process {os.getpid()}" in outcome.err
            with pytest.raises(FileError, match="is in use"):
                ha.budget("henet-r3", repeats=[1, 2], checkpoint=name)
    assert run(*SMALL, "--checkpoint", str(path)).code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["link.json"]
