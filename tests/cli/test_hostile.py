"""Hostile words, environments and numbers: a sentence and a code, whatever they are."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cli.commands import commands, parameters
from cli.run import Outcome, run

import henet_arch as ha
from henet_arch.forms import rendered
from henet_arch.support.errors import HenetArchError, SpecError
from henet_arch.support.printable import LONGEST_LINE, brief, printable
from henet_arch.views.explanation import Explanation

PYTHONS = (
    "self", "cls", "values", "changes", "data", "spec", "__class__", "__init__", "__dict__",
    "model_config", "model_fields", "replace", "places", "title", "None", "class", "lambda",
)  # fmt: skip
"""Words that are names of Python's, or of our own methods and arguments."""


@pytest.mark.parametrize("word", PYTHONS)
def test_a_name_of_pythons_is_an_unknown_key(word: str) -> None:
    message = f"unknown key {word!r}"
    for values in ({word: 1}, {"family": "resnet", word: 1}):
        with pytest.raises(SpecError, match=message):
            ha.Spec(**values)
        with pytest.raises(SpecError, match=message):
            ha.Spec().replace(**values)
    outcome = run("analyze", "--set", f"{word}=1")
    assert (outcome.code, outcome.out) == (3, "")
    assert message in outcome.err
    for form in ("toml", "json", "yaml"):
        text = {"toml": f"{word} = 1.0", "json": f'{{"{word}": 1}}', "yaml": f"{word}: 1"}[form]
        path = Path(f"net.{form}")
        path.write_text(text)
        outcome = run("analyze", str(path))
        assert (outcome.code, outcome.out) == (3, "")
        assert message in outcome.err


def test_a_name_of_pythons_is_no_symbol_and_no_option_of_a_target() -> None:
    formula = ha.formula("henet-r2", "macs", symbols=["C1"])
    graph = ha.build("henet-r2")
    for word in PYTHONS:
        with pytest.raises(SpecError, match="is no symbol of this formula"):
            formula.substitute(**{"C1": 24, word: 1})
        for target in ("torch", "c"):
            with pytest.raises(HenetArchError, match=f"unknown option of target {target}"):
                ha.emit(graph, target, **{word: "1"})


@pytest.mark.parametrize("word", PYTHONS)
def test_a_name_of_pythons_is_no_part(word: str) -> None:
    for option in (
        "--symbols", "--family", "--convention", "--analysis", "--format", "--groups", "--padding",
    ):  # fmt: skip
        outcome = run("analyze", option, word)
        assert outcome.code in (2, 3), option
        assert outcome.out == ""


HOSTILE = ("\x1b[2J\x1b]0;owned\x07", "\u202eevil\u2066", "\x9b31m", "\r\b\t", "\ud800")


def _is_printable(outcome: Outcome) -> bool:
    return all(c.isprintable() or c == "\n" for c in outcome.out + outcome.err)


@pytest.mark.parametrize("word", HOSTILE, ids=ascii)
def test_no_control_character_reaches_a_terminal(word: str) -> None:
    lines: list[tuple[str, ...]] = [
        ("analyze", word),
        ("analyze", f"{word}.toml"),
        ("analyze", f"./{word}"),
        ("analyze", "--name", word),
        ("analyze", "--groups", word),
        ("analyze", "--padding", word),
        ("analyze", "--family", word),
        ("analyze", "--set", f"{word}={word}"),
        ("analyze", "--channels", f"8,{word}"),
        ("analyze", "--depth", word),
        ("analyze", f"--{word}"),
        ("analyze", "--format", word),
        ("analyze", "-o", f"none/{word}"),
        ("analyze", "--analysis", "roofline", "--machine", word),
        ("explain", "henet-r2", word),
        ("diff", word, f"{word}.json"),
        ("emit", "-o", f"none/{word}"),
        ("budget", "--repeats", "1..2", "--at-most", f"{word}=3"),
        (word,),
    ]
    if "\ud800" not in word:
        Path(f"{word}.toml").write_text("classes = 0")
        Path(f"{word}.json").write_text(json.dumps({word: word}))
        Path(f"{word}.yaml").write_text(json.dumps({"name": word}))
        lines += [("analyze", f"{word}.json"), ("analyze", f"{word}.yaml")]
        lines += [("draw", "-o", f"{word}.svg", "-f", "mermaid")]
    for line in lines:
        outcome = run(*line)
        assert _is_printable(outcome), (line, outcome)
        assert outcome.code in ((0,) if line[0] == "draw" else (2, 3)), line


def test_results_hold_no_control_character_either() -> None:
    """A graph from elsewhere may say anything of why its layers are there."""
    data = json.loads(ha.to_json(ha.build("henet-r2")))
    data["nodes"][1]["because"] = [
        {"rule": "\x1b[2J", "reason": "\u202e\x07", "source": "\x9b31m\x1b[0m"}
    ]
    graph = ha.from_json(json.dumps(data))
    shown = Explanation(ha.analyze(graph), "stem.conv")
    for form in ("table", "markdown"):
        text = rendered(shown, form)
        assert isinstance(text, str)
        assert "\\x1b[2J" in text.replace("\\\\", "\\").replace("\\[", "[")
        assert all(c.isprintable() or c == "\n" for c in text)


@pytest.mark.parametrize(
    "arguments",
    [
        ("analyze", "{}"),
        ("analyze", "{}.toml"),
        ("analyze", "--depth", "{}"),
        ("analyze", "--{}"),
        ("analyze", "--name", "{}"),
        ("analyze", "--groups", "{}"),
        ("analyze", "--set", "{}=1"),
        ("analyze", "--set", "width={}"),
        ("analyze", "--symbols", "{}"),
        ("analyze", "--input", "{}"),
        ("analyze", "--format", "{}"),
        ("analyze", "-o", "{}/a"),
        ("explain", "henet-r2", "{}"),
        ("lint", "--select", "{}"),
        ("list", "{}"),
        ("reproduce", "{}"),
        ("time", "{}"),
        ("budget", "--maximize", "{}"),
        ("diff", "{}", "{}"),
        ("{}",),
    ],
)
@pytest.mark.parametrize("value", ["x" * 10**4, "x " * 5000, "9" * 10**4])
def test_long_values_are_shortened(arguments: tuple[str, ...], value: str) -> None:
    outcome = run(*(word.format(value) for word in arguments))
    assert outcome.code in (2, 3)
    assert outcome.out == ""
    assert len(outcome.err) < 3 * LONGEST_LINE


@pytest.mark.parametrize("form", ["toml", "json", "yaml"])
def test_long_values_of_files_are_shortened(form: str) -> None:
    word = "x" * 30_000
    for data in ({word: 1}, {"name": word}, {"groups": word}, {"channels": [word] * 2}):
        body = json.dumps(data)
        if form == "toml":
            body = "\n".join(f'"{k}" = {json.dumps(v)}' for k, v in data.items())
        Path(f"net.{form}").write_text(body)
        outcome = run("analyze", f"net.{form}")
        assert (outcome.code, outcome.out) == (3, "")
        assert len(outcome.err) < 3 * LONGEST_LINE


def test_text_for_messages() -> None:
    assert printable("a\x1b[0m\u202e\ud800\n日本") == "a\\x1b[0m\\u202e\\ud800\n日本"
    assert brief("short words\nin lines") == "short words\nin lines"
    assert re.fullmatch(r"x = x{117}\.\.\.x{40}", brief("x = " + "x" * 1000))
    assert len(brief("word " * 1000)) == LONGEST_LINE


def _numbers() -> list[tuple[str, str]]:
    """Every option of every command that takes a number."""
    return [
        (command, p.flag)
        for command in commands()
        for p in parameters(command)
        if p.metavar in ("N", "BYTES", "RATE", "SHARE", "ALPHA", "DECAY")
    ]


def test_the_options_with_numbers_are_found() -> None:
    found = {option for _, option in _numbers()}
    assert {
        "--max-blocks", "--classes", "--layers", "--runs", "--passes", "--jobs", "--max-macs",
        "--max-specs", "--epochs", "--batch", "--seed", "--threads", "--rate",
        "--holdout", "--mixup", "--label-smoothing", "--average-weights",
    } <= found  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("command", "option"), _numbers())
@pytest.mark.parametrize("number", ["9" * 19, "-1", "1e400", "nan"])
def test_every_number_has_an_upper_bound(
    command: str, option: str, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("henet_arch.runtime.measure.timing.time_networks", pytest.fail)
    monkeypatch.setattr("henet_arch.training.datasets.load", pytest.fail)
    source = {"diff": ["henet-r2", "henet-r3"], "time": ["henet-r2"]}.get(command, [])
    outcome = run(command, *source, option, number)
    assert (outcome.code, outcome.out) in ((2, ""), (3, "")), outcome
    assert "Traceback" not in outcome.err


@pytest.mark.slow
def test_values_of_a_space_are_bounded_together() -> None:
    for values in ("1..1000000/2..999999", ",".join(["1..999999"] * 3)):
        for option in ("--channels", "--repeats", "--input"):
            outcome = run("budget", option, values)
            assert outcome.code == 2
            assert outcome.out == ""


@pytest.mark.parametrize(
    "setting",
    [
        {"RANK": "abc"},
        {"RANK": "-1"},
        {"RANK": "1"},
        {"RANK": ""},
        {"RANK": "9" * 5000},
        {"WORLD_SIZE": "0"},
        {"WORLD_SIZE": "2.0"},
        {"WORLD_SIZE": "٣"},
        {"LOCAL_WORLD_SIZE": "0"},
        {"WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "3"},
    ],
)
def test_an_environment_that_torchrun_did_not_make(
    setting: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("lightning")
    for key, value in setting.items():
        monkeypatch.setenv(key, value)
    outcome = run("train", "henet-r2")
    assert (outcome.code, outcome.out) == (3, "")
    assert "torchrun sets these variables" in outcome.err
    assert list(tmp_path.iterdir()) == []


def _child(code: str, *lines: str, env: dict[str, str] | None = None) -> dict[str, Any]:
    """The code and standard error of each command, in a process that runs `code` first."""
    script = (
        f"{code}\n"
        "import io, json, sys\n"
        "from contextlib import redirect_stderr, redirect_stdout\n"
        "from henet_arch.cli import main\n"
        "ends = {}\n"
        f"for line in {lines!r}:\n"
        "    sys.argv = ['henet-arch', *line.split()]\n"
        "    out, err, code = io.StringIO(), io.StringIO(), 0\n"
        "    with redirect_stdout(out), redirect_stderr(err):\n"
        "        try: main()\n"
        "        except SystemExit as end: code = end.code or 0\n"
        "        except BaseException as error: code = repr(error)\n"
        "    ends[line] = (code, err.getvalue())\n"
        "print('\\n' + json.dumps(ends))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, env=env
    )
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(ended.stdout.splitlines()[-1]))


_NO_ENTRY = """
import pwd
def getpwuid(_): raise KeyError("no entry")
pwd.getpwuid = getpwuid
"""


def test_a_user_without_home_and_entry() -> None:
    pytest.importorskip("matplotlib")
    ends = _child(
        _NO_ENTRY,
        "analyze",
        "analyze --analysis roofline",
        "lint",
        "draw -f html -o a.html",
        "analyze --analysis memory-timeline --plot a.svg",
        "machine",
        env={"PATH": "/usr/bin:/bin"},
    )
    for line, (code, error) in ends.items():
        needs_place = line == "machine"
        assert code == (3 if needs_place else 0), (line, error)
        assert ("set HENET_ARCH_CACHE to a directory" in error) == needs_place


_BARE = """
import sys
for name in (
    "torch", "numpy", "matplotlib", "safetensors", "lightning", "pyarrow", "sklearn", "scipy",
    "onnx", "onnxruntime", "openvino", "distributed", "cv2",
):
    sys.modules[name] = None
"""


def test_what_needs_an_optional_package_says_so() -> None:
    """With the required packages alone, every command works or names the extra that it needs."""
    works = [
        "analyze", "analyze --symbolic", "draw -f html -o a.html", "emit", "emit --target c",
        "emit --target caffe", "emit --target caffe -o caffe", "emit -o net.prototxt",
        "explain", "explain --target c", "lint", "list", "reproduce", "diff henet-r2 henet-r3",
    ]  # fmt: skip
    needs = [
        "draw --color-by time -f text", "draw --color-by time -f html -o a.html",
        "analyze -f parquet -o a.parquet", "emit --target c -o folder", "emit -o a.onnx",
        "analyze --analysis memory-timeline --plot a.svg", "verify", "verify --target c",
        "verify --target onnx", "verify --target caffe", "time henet-r2 --backend opencv",
        "time henet-r2", "time henet-r2 --backend c", "train", "evaluate",
        "budget --repeats 1..3", "budget --repeats 1..3 --plot a.svg",
        "emit --target c -o folder --weights w.safetensors", "reproduce --time",
    ]  # fmt: skip
    ends = _child(_BARE, *works, *needs)
    assert {line: end for line, end in ends.items() if line in works and end[0]} == {}
    for line in needs:
        code, error = ends[line]
        assert code == 3, (line, code, error)
        assert "pip install 'henet-arch[" in error, (line, error)
