"""Wrong input at the command line: one sentence on stderr, the right code, nothing written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli.run import run

USAGE = [
    ("analyze --channels 24,x", "'x' in '24,x' is not a whole number"),
    ("analyze --channels 24,,48", "'' in '24,,48' is not a whole number"),
    ("analyze --channels 24.5,48", "'24.5' in '24.5,48' is not a whole number"),
    ("analyze --repeats 2.5", "'2.5' is not a whole number"),
    ("analyze --repeats ٣", "is not a whole number"),
    ("analyze --input 1x2x3x4", "is not SIZE, HxW or CxHxW"),
    ("analyze --input axb", "'a' in 'axb' is not a whole number"),
    ("analyze --classes ten", "'ten' is not a whole number"),
    ("analyze --depth deep", "'deep' is not one of"),
    ("emit -o x.onnx --match-by ordr --weights w", "'permutation'; did you mean order?"),
    ("analyze --input 0", "'0' has the size 0, which must be 1 or more"),
    ("emit -o x.onnx --resize 0x8", "'0x8' has the size 0, which must be 1 or more"),
    ("emit -o x.onnx --option init", "'init' is not NAME=VALUE; init=gaussian or init=kaiming"),
    ("emit -o x.onnx --option opset=9", "opset 9 is below 13; use opset=13 or above"),
    ("emit -o x.onnx --option opset=abc", "'abc' is no value of opset; it must be a whole"),
    ("analyze --chanels 3", "No such option: --chanels"),
    ("analyse", "No such command 'analyse'"),
    ("analyze a b", "unexpected extra argument"),
    ("analyze --convention foo", "unknown counting convention 'foo'; known names: calflops, exact"),
    ("analyze --convention papr", "unknown counting convention 'papr'; did you mean paper?"),
    (
        "analyze --analysis x",
        "unknown analysis 'x'; known names: critical-path, memory-timeline, mixing, ",
    ),
    ("analyze --analysis memory", "unknown analysis 'memory'; known names: critical-path"),
    ("analyze --symbolic --analysis mixing", "--analysis has no formulas"),
    (
        "emit --target c -o c --option init=kaiming --weights w",
        "--option init changes nothing here: the weights are trained",
    ),
    ("analyze --machine m.toml", "--machine changes nothing here: it is for --analysis roofline"),
    (
        "analyze --analysis mixing --plot m.svg",
        "--plot changes nothing here: it is for --analysis memory-timeline",
    ),
    ("analyze --format foo", "unknown report form 'foo'; known names: csv, html, json, "),
    ("plan --layers x", "'x' is not a whole number"),
    ("spec -f yaml -o net.json", "net.json does not end as yaml does: it could not be read again"),
    ("emit --target cuda", "unknown target 'cuda'"),
    ("emit --weights w.safetensors", "--weights changes nothing here: standard output is withou"),
    (
        "emit --target c --tune",
        "--tune changes nothing here: a file has no weights",
    ),
    ("explain --target torch", "unknown target to explain 'torch'; known names: c"),
    ("verify --target cuda", "unknown target to verify 'cuda'"),
    ("time henet-r2 --backend x", "unknown backend 'x'"),
]


@pytest.mark.parametrize(("line", "message"), USAGE)
def test_usage(line: str, message: str) -> None:
    outcome = run(*line.split())
    assert outcome.code == 2
    assert outcome.out == ""
    assert message in outcome.err


def test_what_ctrl_c_ends_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("henet_arch.importers.load.load", interrupted)
    for line in ("analyze", "emit -o net.py", "verify"):
        assert run(*line.split()) == (130, "", "interrupted; no file is half-written\n")
    assert not Path("net.py").exists()


def test_the_help_names_every_kind_of_source() -> None:
    words = " ".join(run("--help").out.split())
    command = " ".join(run("analyze", "--help").out.split())
    unknown = run("analyze", "henet-r33").err
    for kind in (".onnx", ".prototxt", ".caffemodel", ".pt2", "package.module:name"):
        assert kind in words
        assert kind in command
        assert kind in unknown
    assert "PyTorch, C, ONNX or Caffe." in " ".join(run("emit", "--help").out.split())


INVALID = [
    ("analyze henet-r9", "error: 'henet-r9' is neither a preset nor a file"),
    ("analyze nope.toml", "error: cannot read 'nope.toml': No such file or directory"),
    ("analyze .", "error: . is a directory"),
    ("analyze --channels 24,0", "error: channels[1] = 0 is below 1\n"),
    ("analyze --channels 24", "error: channels = (24,) is shorter than the 2 values it needs"),
    ("analyze --repeats 1000000000", "error: repeats add up to 3,000,000,000 blocks"),
    ("analyze --groups foo", "error: groups: unknown grouping rule 'foo'; known names: dense, "),
    ("analyze --family foo", "error: family: unknown family 'foo'"),
    ("analyze -o net.foo", "error: unknown report form 'foo'"),
    ("analyze -o none/net.json", "error: cannot write 'none/net.json'"),
    ("analyze --max-blocks 8", "error: repeats add up to 9 blocks"),
    ("plan --padding same", "error: no plan for padding 'same'"),
    (
        "plan --strides 3,2,2,2",
        "error: odd-resolution has no padding for a 3x3 kernel with stride 3",
    ),
    ("plan --strides 1", "error: no plan for a size of 31 with 0 stride-2 layers"),
    (
        f"analyze --classes {10**40}",
        "error: classes = 100000000000000000...0000000000000000000 is above",
    ),
    ("plan --layers 0", "error: no plan for a size of 31 with 0 stride-2 layers"),
    ("plan --layers 99", "error: 99 stride-2 layers are more than the limit of 40"),
    ("explain henet-r3 nowhere", "error: network 'henet-r3' has no layer or block 'nowhere'"),
    ("spec -o net.cfg", "error: 'net.cfg' has no ending of a spec file"),
    ("schema -o .", "error: cannot write .: it is not a regular file"),
]


@pytest.mark.parametrize(("line", "message"), INVALID)
def test_invalid(line: str, message: str, tmp_path: Path) -> None:
    outcome = run(*line.split())
    assert outcome.code == 3
    assert outcome.out == ""
    assert outcome.err.startswith(message)
    assert "Traceback" not in outcome.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("line", ["analyze run", "evaluate run", "train henet-r2 --weights run"])
def test_the_folder_of_a_training_says_where_its_weights_are(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "weights.safetensors").touch()
    said = run(*line.split())
    assert (said.code, said.err.splitlines()[0]) == (
        3,
        "error: run is a folder, and weights are in it",
    )
    assert said.err.splitlines()[1] == "  fix:   run/weights.safetensors"


def test_an_empty_name_is_not_the_default() -> None:
    assert run("analyze", "").err.startswith("error: '' is neither a preset nor a file")
    assert run("explain", "henet-r3", "").err.startswith("error: network 'henet-r3' has no layer")


def _process(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "henet_arch", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)  # type: ignore[call-overload, no-any-return]


def test_a_full_standard_output_is_told() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "henet_arch", "analyze"]
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert ended.returncode == 3
    assert ended.stderr == "error: cannot write to standard output: No space left on device\n"


@pytest.mark.parametrize(
    "arguments", ["--help", "--version", "list", "analyze -f json", "draw -f png -o -"]
)
def test_standard_output_that_is_full_or_closed(arguments: str) -> None:
    for stdout in (">/dev/full", ">&-"):
        line = f"{sys.executable} -m henet_arch {arguments} {stdout}"
        ended = subprocess.run(line, shell=True, stderr=subprocess.PIPE, text=True, timeout=60)
        assert "Traceback" not in ended.stderr
        assert "Exception" not in ended.stderr


@pytest.mark.parametrize("stderr", ["2>/dev/full", "2>&-"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [("analyze", 0), ("analyze nope.toml", 3), ("analyze --chanels 3", 2), ("nothing", 2)],
)
def test_standard_error_that_is_full_or_closed(stderr: str, arguments: str, code: int) -> None:
    line = f"{sys.executable} -m henet_arch {arguments} >/dev/null {stderr}"
    assert subprocess.run(line, shell=True, timeout=60).returncode == code


ODD = "n\udcfe"
"""A file name that is not UTF-8."""


@pytest.mark.parametrize(
    "line",
    [
        "analyze {0}.toml",
        "analyze {0}.toml --output {0}.{form}",
        "lint {0}.toml --format {form}",
        "lint {0}.toml --output {0}.{form}",
        "diff {0}.toml henet-r2 --format {form}",
        "diff {0}.toml {0}.toml --output {0}.{form}",
        "reconcile {0}.toml --output {0}.{form}",
        "plan {0}.toml --output {0}.{form}",
        "explain {0}.toml --output {0}.{form}",
        "spec {0}.toml --output {0}.json",
        "draw {0}.toml --format {form}",
        "draw {0}.toml --output {0}.{form}",
        "draw {0}.toml --compare {0}.toml --output {0}.html",
        "emit {0}.toml --output {0}.py",
        "emit {0}.toml --target c --output {0}",
        "schema --output {0}.json",
        "list --output {0}.{form}",
        "analyze {0}.json",
        "analyze {0}",
        "analyze --analysis roofline --machine {0}.toml",
        "analyze --analysis memory-timeline --plot {0}.foo",
        "emit --target c --weights {0}.toml --output {0}",
        "evaluate {0}.toml",
        "budget --repeats 1..2 --checkpoint {0}.json --output {0}.csv",
        "budget --repeats 1..2 --checkpoint {0}.toml",
        "budget --repeats 1..2 --check {0}.toml",
        "train {0}.toml --data-dir {0} --data cifar10",
        "analyze --name {0}",
        "analyze --family {0}",
    ],
)
def test_file_names_that_are_not_utf_8(line: str) -> None:
    assert run("spec", "henet-r2", "-o", f"{ODD}.toml").code == 0
    for form in ("json", "html", "sarif", "csv") if "form" in line else ("",):
        outcome = run(*(word.format(ODD, form=form) for word in line.split()))
        assert outcome.code in (0, 1, 2, 3)
        assert outcome.code in (0, 1) or outcome.err
        assert outcome.code != 3 or not line.startswith("lint")


def test_a_reader_that_leaves_early_is_no_error() -> None:
    line = f"{sys.executable} -m henet_arch analyze --repeats 50 --no-fold --depth layers | head -1"
    ended = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=60)
    assert ended.stdout.startswith("henet-r50:")
    assert ended.stderr == ""


def test_a_terminal_without_unicode_gets_a_table_it_can_show() -> None:
    ended = _process("analyze", env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert ended.returncode == 0
    assert "####" in ended.stdout
    assert ended.stdout.isascii()


def test_an_interruption_is_quiet(tmp_path: Path) -> None:
    code = "import signal, os; os.kill(os.getpid(), signal.SIGINT)"
    script = (
        f"import henet_arch.analyzers.report as r\nr.analyze = lambda *a, **k: exec({code!r})\n"
    )
    script += "import sys; sys.argv = ['henet-arch', 'analyze']\n"
    script += "from henet_arch.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("word", "fix"),
    [
        ("stage1.block1", "henet-arch explain henet-r3 stage1.block1"),
        ("stage9.block1", "henet-arch explain SOURCE stage9.block1, as in henet-arch explain h"),
        ("layer1.0.conv1", "henet-arch explain SOURCE layer1.0.conv1, as in henet-arch explain h"),
        ("conv1", "henet-arch explain SOURCE conv1"),
    ],
)
def test_a_part_of_a_network_is_no_network(word: str, fix: str) -> None:
    outcome = run("explain", word)
    assert outcome.code == 3
    assert f"error: {word!r} is a layer, block or stage" in outcome.err
    assert fix in outcome.err
    assert "known names" not in outcome.err
