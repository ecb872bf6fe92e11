"""Every option of every command changes something, or is refused with its name and the reason."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer
from cli.run import Outcome, run

import henet_arch as ha
from henet_arch.cli import budget, options
from henet_arch.cli.app import app

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]

VALUES = {
    "analysis": "mixing", "at_least": "macs=1M", "at_most": "depth=20",
    "average_weights": "0.99", "backend": "c",
    "batch": "7", "channel_order": "BGR", "channels": "16,32,64", "check": "henet-r2",
    "checkpoint": "kept.json", "checkpoint_every": "7", "class_names": "names.txt",
    "classes": "7", "color_by": "params", "columns": "kernel,macs", "compare": "lenet5",
    "convention": "paper", "curves": "png", "cutout": "7", "data": "svhn", "data_dir": ".",
    "depth": "stages",
    "device": "auto", "direction": "right", "fit": "a4", "engine": "torch", "epochs": "7",
    "explain": "HA101",
    "family": "shufflenet", "figure": "3c", "form": "text", "format": "json",
    "groups": "depthwise", "holdout": "0.3", "ignore": "HA", "init": "kaiming",
    "input": "1x63x63", "jobs": "2",
    "kernels": "5", "label_smoothing": "0.1", "layers": "3",
    "log": "tensorboard", "machine": "board.toml", "max_blocks": "1",
    "max_macs": "1M", "max_memory": "1KiB", "max_params": "1k", "max_specs": "1",
    "maximize": "depth", "mean": "3", "minimize": "memory", "mixup": "0.3", "name": "other",
    "option": "init=kaiming", "output": "out.txt",
    "padding": "same", "patience": "2", "passes": "7", "plot": "drawn.svg", "point": "2",
    "preprocessing": "signed", "resize": "40", "std": "2",
    "save": "best.toml", "rate": "0.5", "repeats": "2",
    "runs": "2", "schedule": "paper", "scheduler": "tcp://127.0.0.1:1", "seed": "7",
    "select": "HA3", "set": "last_width=next", "strides": "1,2,2,2", "symbols": "C1",
    "target": "c", "theme": "dark", "threads": "2", "trained": "runs",
    "weights": "none.safetensors",
    "match_by": "order",
}  # fmt: skip
"""A value of each option that is not its default."""
OWN_VALUES = {
    ("plan", "set"): "strides=1,2,2,2",
    ("draw", "direction"): "down",
    ("draw -f dot", "direction"): "right",
    ("draw -f mermaid", "direction"): "right",
    ("budget", "check"): "lenet5",
    ("budget", "classes"): "7/10",
    ("budget", "groups"): "dense/depthwise",
    ("budget", "kernels"): "3/5",
    ("budget", "padding"): "same",
    ("budget", "strides"): "1/2",
    ("budget", "channels"): "8/16,16",
    ("budget", "repeats"): "1..3",
    ("budget", "input"): "31/63",
    ("budget", "family"): "henet/shufflenet",
    ("list", "input"): "63",
    ("spec", "output"): "out.json",
    ("emit", "output"): "out.py",
    ("draw", "output"): "out.dot",
    ("evaluate", "format"): "csv",
}
CHECKS = {"strict"}
"""Options that ask whether something holds, as it does of these networks."""
LINES = [
    "analyze", "analyze -f csv", "analyze -f json", "analyze --symbolic",
  "analyze --analysis roofline",
    "analyze --analysis memory-timeline -f csv",
    "budget --channels 8,16 --repeats 1..2",
    "diff henet-r3 henet-r4", "diff henet-r3 henet-r4 -f csv", "diff henet-r3 henet-r4 -f json",
    "draw", "draw -f text", "draw -f dot", "draw -f mermaid", "draw -f json",
    "draw -f html", "draw -f figure", "draw --figure 1",
    "emit", "emit --target c", "evaluate w.safetensors",
    "evaluate w.safetensors image.pgm", "explain", "explain -f csv",
    "explain --target c", "lint", "lint -f csv", "lint -f sarif", "lint --explain HA101", "list",
    "machine", "plan", "plan -f csv --layers 5 --input 224", "plan --layers 3", "reconcile",
    "reconcile -f csv",
    "reproduce", "reproduce --time", "schema", "spec", "time henet-r3",
    "train", "verify",
]  # fmt: skip


class Attempt(NamedTuple):
    """All that a command did."""

    outcome: Outcome
    files: dict[str, bytes]
    calls: list[str]


class _Result:
    """What stands for a result that takes long."""

    holds, unread = True, ()

    def tables(self) -> list[Any]:
        return []

    def to_dict(self) -> dict[str, str]:
        return {"of": "json"}

    def records(self) -> list[dict[str, str]]:
        return [{"of": "csv"}]

    def to_toml(self) -> str:
        return 'name = "here"\n'


_SLOW = {
    "evaluate": [
        ("training.evaluation.evaluate", "evaluate"),
        ("runtime.classification", "classify"),
    ],
    "machine": [("runtime.measure.machine", "measure")],
    "reproduce": [("cli.reproduce", "_times")],
    "time": [("cli.timing", "measured")],
    "train": [("training.loop", "train"), ("cli.train", "_report")],
    "verify": [("runtime.c.verification", "verify"), ("runtime.torch.verification", "verify")],
}
"""What takes long in each command, which notes what it is asked instead."""


@pytest.fixture
def calls(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the slow parts of the command of `line` are asked."""
    monkeypatch.setenv("HENET_ARCH_CACHE", str(tmp_path / "cache"))  # which `machine` writes into
    made: list[str] = []
    for module, name in _SLOW.get(line.split()[0], ()):
        pytest.importorskip("torch")
        if module == "training.loop":
            pytest.importorskip("lightning")
        _note(module, name, made, monkeypatch)
    search = budget._found

    def found(asked: Any, path: Any, jobs: int, scheduler: Any) -> Any:
        made.append(f"budget {path} {jobs} {scheduler}")
        return search(asked, path, 1, None)

    monkeypatch.setattr(budget, "_found", found)
    return made


def _note(module: str, name: str, made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def call(*args: Any, **named: Any) -> Any:
        named.pop("watch", None)
        known = [(a.preprocessing, a.class_names) for a in args if isinstance(a, ha.Model)]
        made.append(f"{module} {args} {known} {sorted(named.items())}")
        return None if name == "_times" else _Result()

    monkeypatch.setattr(import_module(f"henet_arch.{module}"), name, call)


def _attempt(words: list[str], folder: Path, calls: list[str], mp: pytest.MonkeyPatch) -> Attempt:
    folder.mkdir()
    mp.chdir(folder)
    Path("board.toml").write_text('name = "board"\npeak_gflops = 10\nbandwidth_gb_per_s = 2\n')
    Path("names.txt").write_text("\n".join("abcdefghij"))
    if "w.safetensors" in words:
        _write_weights(Path("w.safetensors"))
    calls.clear()
    outcome = run(*words)
    assert "Traceback" not in outcome.err
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return Attempt(outcome, {str(p.relative_to(folder)): p.read_bytes() for p in files}, [*calls])


def _write_weights(path: Path) -> None:
    from henet_arch.runtime.torch.weights import save_weights

    model = ha.load(ha.Spec(channels=(4, 8), repeats=1, input=(1, 7, 7)))
    save_weights(path, ha.to_torch(model), model, {"data": "digits"})


def _trials(words: list[str]) -> Iterator[list[str]]:
    """Each option with another value; what all lines share on the command's first line only."""
    command = COMMANDS[words[0]]
    is_first = words == next(line for line in LINES if line.split()[0] == words[0]).split()
    for option in command.params:
        spellings = [*option.opts, *option.secondary_opts]
        is_asked = option.param_type_name == "option" and option.name not in {"help", *CHECKS}
        if not is_asked or set(spellings) & set(words):
            continue
        if option.name in {*options.NETWORK, "format", "output"} - {"name"} and not is_first:
            continue
        if option.is_flag:
            yield [(option.secondary_opts if option.default else option.opts)[0]]
        else:
            lines = (" ".join(words), words[0])
            own = [
                OWN_VALUES[line, option.name] for line in lines if (line, option.name) in OWN_VALUES
            ]
            yield [option.opts[0], own[0] if own else VALUES[option.name]]


def test_every_command_is_walked() -> None:
    assert {line.split()[0] for line in LINES} == set(COMMANDS)


@pytest.mark.slow
@pytest.mark.parametrize("line", LINES)
def test_every_option_has_an_effect_or_is_refused(
    line: str, tmp_path: Path, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = line.split()
    plain = _attempt(words, tmp_path / "plain", calls, monkeypatch)
    assert plain.outcome.code == 0, plain.outcome.err
    for number, trial in enumerate(_trials(words)):
        after = _attempt([*words, *trial], tmp_path / str(number), calls, monkeypatch)
        assert after != plain, f"{line} {' '.join(trial)}: no effect"
        if after.outcome.code in (2, 3):
            assert trial[0] in after.outcome.err or "fix:" in after.outcome.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("analyze -f csv --no-fold", "--fold/--no-fold changes nothing here: csv has every block"),
        ("analyze -f csv --fold", "--fold/--no-fold changes nothing here"),
        (
            "analyze --analysis mixing --depth blocks",
            "--depth changes nothing here: --analysis mix",
        ),
        ("analyze --symbolic --max-blocks 9", "--max-blocks changes nothing here: formulas hold"),
        ("draw -f json --depth blocks", "--depth changes nothing here: the form json"),
        (
            "lint henet-r2 --explain HA101",
            "SOURCE changes nothing here: --explain looks at no network",
        ),
        ("plan --classes 7", "--classes changes nothing here: a plan is of sizes and strides"),
        ("plan --layers 3 --strides 2", "--strides changes nothing here: --layers plans for that"),
        ("reproduce --runs 5", "--runs changes nothing here: nothing is measured without --time"),
        ("explain -f csv --name x", "--name changes nothing here: csv has no network's name"),
        ("time henet-r2 henet-r3 --name x", "--name is of one network, and not of several"),
    ],
)
def test_a_refusal_says_why(line: str, said: str, tmp_path: Path) -> None:
    """Of a default too: who writes it expects something of it."""
    outcome = run(*line.split())
    assert (outcome.code, outcome.out) == (2, "")
    assert said in " ".join(outcome.err.split())
    assert not list(tmp_path.iterdir())
