"""No command writes over what it reads, and what cannot be written is told before the work."""

from __future__ import annotations

import inspect
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cli.run import run

from henet_arch.cli.app import _COMMANDS
from henet_arch.cli.paths import Reads, Writes

pytest.importorskip("matplotlib")

TEXT = "what must not be lost"


class Option(NamedTuple):
    """An option or argument of a command that names a file."""

    name: str
    words: tuple[str, ...]
    """What stands before its value; nothing before an argument's."""
    role: object


def _options(command: Callable[..., None]) -> Iterator[Option]:
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        details = getattr(parameter.annotation, "__metadata__", ())
        argument = any(type(detail).__name__ == "ArgumentInfo" for detail in details)
        words = () if argument else (f"--{parameter.name.replace('_', '-')}",)
        role = next((d for d in details if d is Reads or isinstance(d, Writes)), None)
        if role or "Path" in str(parameter.annotation):
            yield Option(parameter.name, words, role)


OPTIONS = {name: list(_options(command)) for name, command in _COMMANDS.items()}
NEEDED = {
    "diff": {"a": "henet-r2", "b": "henet-r3"},
    "evaluate": {"weights": "w.safetensors"},
    "time": {"sources": "henet-r2"},
}
"""Arguments that a command does not do without."""
WRITTEN = [
    (name, option) for name, options in OPTIONS.items() for option in options if option.role
    and option.role is not Reads
]  # fmt: skip
PAIRS = [
    (name, output, other)
    for name, output in WRITTEN
    for other in OPTIONS[name]
    if other.name not in (output.name, "data_dir")
]


def test_every_option_that_names_a_file_says_whether_it_is_written() -> None:
    unsaid = [(n, o.name) for n, options in OPTIONS.items() for o in options if o.role is None]
    assert not unsaid
    assert {("analyze", "plot"), ("budget", "checkpoint"), ("train", "output")} <= {
        (name, option.name) for name, option in WRITTEN
    }


def _line(command: str, values: dict[str, str]) -> list[str]:
    """The command with these values, and whatever else it needs."""
    words: dict[str, tuple[str, ...]] = {option.name: option.words for option in OPTIONS[command]}
    given = NEEDED.get(command, {}) | values
    order = list(inspect.signature(_COMMANDS[command]).parameters)
    arguments = [name for name in order if name in given and not words[name]]
    options = [word for name in given if words[name] for word in (*words[name], given[name])]
    return [command, *(given[name] for name in arguments), *options]


def _names(path: Path, how: str) -> str:
    other = path.with_name(f"other{path.suffix}")
    if how == "another way":
        return str(path.parent / "." / ".." / path.parent.name / path.name)
    (other.symlink_to if how == "a link" else other.hardlink_to)(path)
    return str(other)


@pytest.mark.parametrize(
    ("command", "output", "other"), PAIRS, ids=lambda v: getattr(v, "name", str(v))
)
def test_no_output_is_an_input_or_another_output(
    command: str, output: Option, other: Option, tmp_path: Path
) -> None:
    path = tmp_path / "file.json"
    path.write_text(TEXT)
    outcome = run(*_line(command, {output.name: str(path), other.name: str(path)}))
    assert outcome.code == 2, outcome.err
    assert "are the same file" in " ".join(outcome.err.replace("│", " ").split())
    assert path.read_text() == TEXT


@pytest.mark.parametrize("how", ["another way", "a link", "a hard link"])
def test_files_are_the_same_by_whatever_name(how: str, tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text(TEXT)
    for pair in ((str(path), other := _names(path, how)), (other, str(path))):
        outcome = run("diff", pair[0], "henet-r2", "-o", pair[1])
        assert outcome.code == 2
        assert path.read_text() == TEXT


@pytest.mark.parametrize(("command", "output"), WRITTEN, ids=lambda v: getattr(v, "name", str(v)))
@pytest.mark.parametrize("place", ["no folder", "a folder", "a circle", "protected", "a pipe"])
def test_what_cannot_be_written_is_told_at_once(
    command: str, output: Option, place: str, tmp_path: Path
) -> None:
    if (command, place) in (("train", "no folder"), ("train", "a folder"), ("emit", "a folder")):
        pytest.skip("it writes folders")
    drawn = command == "draw" or output.name == "plot"
    path = tmp_path / ("file.svg" if drawn else "file.py" if command == "emit" else "file.json")
    if place == "no folder":
        path = tmp_path / "none" / path.name
    elif place == "a folder":
        path.mkdir()
    elif place == "a circle":
        path.symlink_to(path)
    elif place == "a pipe":
        os.mkfifo(path)
    else:
        path.write_text(TEXT)
        path.chmod(0o444)
    before = sorted(tmp_path.iterdir())
    start = time.monotonic()
    outcome = run(*_line(command, {output.name: str(path)}))
    assert outcome.code == 3, outcome.err
    assert outcome.err.startswith("error: cannot ")
    assert time.monotonic() - start < 20
    assert sorted(tmp_path.iterdir()) == before
    if place == "protected":
        assert path.read_text() == TEXT


@pytest.mark.parametrize(
    "words",
    [
        ("time", "henet-r2", "-o", "none/times.json"),
        ("time", "henet-r2", "-o", "times.foo"),
        ("reproduce", "--time", "-o", "times.foo"),
        ("draw", "--color-by", "time", "-o", "net.foo"),
        ("verify", "-o", "none/checks.json"),
        ("machine", "-o", "none/machine.toml"),
        ("analyze", "--analysis", "memory-timeline", "--plot", "plot.foo"),
        ("emit", "--target", "c", "--tune", "-o", "none/c"),
        ("spec", "-o", "net.foo"),
    ],
    ids=" ".join,
)
def test_nothing_is_measured_for_a_file_that_cannot_be_written(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(*_: Any, **__: Any) -> None:
        raise AssertionError("the work has begun")

    monkeypatch.setattr("henet_arch.runtime.measure.timing.time_networks", work)
    monkeypatch.setattr("henet_arch.runtime.measure.machine.measure", work)
    outcome = run(*words)
    assert outcome.code == 3
    assert outcome.err.startswith("error: ")


def test_a_folder_that_is_read_keeps_its_files(tmp_path: Path) -> None:
    images = tmp_path / "data" / "test.bin"
    images.parent.mkdir()
    images.write_text(TEXT)
    words = ("--data-dir", str(images.parent), "-f", "json", "-o", str(images))
    outcome = run("evaluate", "w.safetensors", *words)
    assert outcome.code == 2
    assert "are not apart" in outcome.err
    assert images.read_text() == TEXT


def test_a_folder_that_is_written_holds_no_input(tmp_path: Path) -> None:
    weights = tmp_path / "c" / "w.safetensors"
    weights.parent.mkdir()
    weights.write_text(TEXT)
    words = ("--target", "c", "--weights", str(weights), "--force", "-o", str(weights.parent))
    outcome = run("emit", "henet-r2", *words)
    assert outcome.code == 2
    assert weights.read_text() == TEXT


def test_a_drawing_named_after_its_network_is_not_its_spec(tmp_path: Path) -> None:
    assert run("spec", "henet-r2", "--name", "net", "-o", "net.json").code == 0
    text = Path("net.json").read_text()
    outcome = run("draw", "net.json", "-f", "json")
    assert outcome.code == 2
    assert Path("net.json").read_text() == text


def test_a_file_without_an_ending_is_an_input_too(tmp_path: Path) -> None:
    Path("w").write_text(TEXT)
    outcome = run("evaluate", "w", "-f", "json", "-o", "w")
    assert outcome.code == 2
    assert "are the same file" in outcome.err
    assert Path("w").read_text() == TEXT


def test_a_preset_may_share_its_name_with_an_output(tmp_path: Path) -> None:
    for _ in range(2):
        assert run("analyze", "henet-r2", "-o", "henet-r2").code == 0


def test_a_form_that_cannot_be_written_is_told_before_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setattr("henet_arch.analyzers.report.analyze", None)
    outcome = run("analyze", "-o", "net.parquet")
    assert outcome.code == 3
    assert "pyarrow cannot be imported" in outcome.err


def test_weights_beside_a_file_are_no_input(tmp_path: Path) -> None:
    names = "\n".join("abcdefghij")
    Path("net.safetensors").write_text(names)
    words = ("--option", "external", "-o", "net.onnx")
    outcome = run("emit", "henet-r2", "--class-names", "net.safetensors", *words)
    assert outcome.code == 2
    assert "are the same file" in outcome.err
    assert Path("net.safetensors").read_text() == names


def test_the_module_that_is_read_is_no_output(tmp_path: Path) -> None:
    text = "import torch\n\n\ndef build():\n    return torch.nn.Conv2d(1, 4, 3)\n"
    Path("mine.py").write_text(text)
    for command in ("emit", "analyze"):
        outcome = run(command, "mine:build", "--input", "1x9x9", "-o", "mine.py")
        assert outcome.code == 2
        assert "are the same file" in outcome.err
        assert Path("mine.py").read_text() == text


@pytest.mark.parametrize("target", ["c", "caffe"])
def test_a_file_without_an_ending_is_not_replaced(target: str) -> None:
    Path("net").write_text(TEXT)
    outcome = run("emit", "henet-r2", "--target", target, "-o", "net")
    assert outcome.code == 3
    assert f"{target} does not write a file without an ending" in outcome.err
    assert Path("net").read_text() == TEXT
