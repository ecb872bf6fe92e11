"""What holds whatever the input is: a strategy for each kind of input, and what is tried."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import training_steps
from cli.commands import commands
from fuzz import caffe, inputs
from fuzz.bounds import bounded, command, folder
from fuzz.inputs import written
from fuzz.lines import FILES, command_lines
from fuzz.onnx_files import onnx_files
from hypothesis import strategies as st

import henet_arch as ha
from henet_arch import analyzers
from henet_arch.analyzers.machine import Machine
from henet_arch.ir.graph import Graph
from henet_arch.ir.tensors import tensors_of
from henet_arch.support.errors import HenetArchError, TrainError

RUNNERS = ("time", "verify", "machine", "train", "reproduce", "evaluate")
"""Commands that run networks; for command lines their work is left out."""
ANALYSES = ("critical-path", "memory-timeline", "mixing", "receptive-field", "roofline")


class Property(NamedTuple):
    """Inputs, and a check that raises where one of them breaks a promise."""

    inputs: st.SearchStrategy[Any]
    check: Callable[[Any], object]
    examples: int
    """As many as take some seconds."""


def _lines(words: list[str]) -> None:
    with folder(FILES):
        command(*words)


def _runner_lines(words: list[str]) -> None:
    with folder(FILES), _no_work():
        command(*words)


@contextlib.contextmanager
def _no_work() -> Iterator[None]:
    """No network is trained, timed or verified."""
    refusal = TrainError("no work here")
    with (
        patch("henet_arch.training.inputs.datasets.load", side_effect=refusal),
        patch("henet_arch.runtime.measure.timing._take_turns", side_effect=refusal),
        patch("henet_arch.runtime.measure.timing._prepared", side_effect=refusal),
        patch("henet_arch.runtime.torch.verification.verify", side_effect=refusal),
        patch("henet_arch.runtime.c.verification.verify", side_effect=refusal),
        patch("henet_arch.runtime.measure.machine.measure", return_value=Machine("a", 10.0, 2.0)),
    ):
        yield


_SPEC_LINES = (
    ("analyze", "{}"),
    ("analyze", "{}", "--depth", "layers", "-f", "json", "-o", "out.json"),
    ("explain", "{}"),
    ("explain", "{}", "--target", "c"),
    ("lint", "{}", "-f", "sarif"),
    ("plan", "{}"),
    ("reconcile", "{}"),
    ("spec", "{}", "-f", "yaml"),
    ("diff", "henet-r2", "{}"),
    ("emit", "{}", "-o", "net.py"),
    ("emit", "{}", "--target", "c"),
    ("draw", "{}", "-f", "mermaid", "-o", "net.md"),
    ("draw", "{}", "-f", "text"),
    *(("analyze", "{}", "--analysis", name) for name in ANALYSES),
)


def _spec(example: tuple[tuple[str, str], tuple[str, ...]]) -> None:
    (form, text), line = example
    with folder({f"net.{form}": text}):
        command(*(word.format(f"net.{form}") for word in line))


def _graph(text: str) -> None:
    with folder({"graph.json": text}):
        command("analyze", "graph.json")
    with bounded():
        try:
            graph = ha.from_json(text)
        except HenetArchError as error:
            assert len(str(error)) < 10_000
            return
        assert ha.from_json(ha.to_json(graph)) == graph
        for use in _USES:
            with contextlib.suppress(HenetArchError):
                use(graph)


_USES: tuple[Callable[[Graph], object], ...] = (
    ha.analyze,
    ha.lint,
    lambda graph: ha.emit(graph, "torch"),
    lambda graph: ha.emit(graph, "c"),
    lambda graph: ha.draw(graph).render("text"),
    lambda graph: ha.diff(graph, "henet-r2"),
    *(lambda graph, name=name: analyzers.ANALYSES[name](graph) for name in ANALYSES),
)
"""What is done with a graph; each may refuse it."""


def _report(text: str) -> None:
    with folder({"report.json": text}):
        command("diff", "report.json", "henet-r2")


def _profile(text: str) -> None:
    with folder({"machine.toml": text}):
        command("analyze", "henet-r2", "--analysis", "roofline", "--machine", "machine.toml")
        command("lint", "henet-r2", "--machine", "machine.toml")


def _weights(content: bytes) -> None:
    with folder({"w.safetensors": content, "net.json": inputs.NET}):
        command("evaluate", "w.safetensors")
        command("analyze", "w.safetensors")
        command("emit", "net.json", "--target", "c", "--weights", "w.safetensors", "-o", "folder")


def _onnx(content: bytes) -> None:
    with folder({"net.onnx": content, "data.bin": b"\0" * 4096}):
        command("analyze", "net.onnx")
        with bounded(), contextlib.suppress(HenetArchError):
            model = ha.load("net.onnx")
            wanted = tensors_of(model.graph)
            assert model.weights is not None
            assert set(model.weights) == set(wanted)
            for name, shape in wanted.items():
                with contextlib.suppress(HenetArchError):
                    assert model.weights[name].shape == shape


def _search(text: str) -> None:
    with folder({"kept.json": text}):
        command("budget", *inputs.BUDGET, "--checkpoint", "kept.json")


def _run(files: dict[str, str | bytes]) -> None:
    with folder({"net.json": inputs.NET}):
        written(files, "run")
        command(*inputs.TRAIN, "--resume", "-o", "run")


def _step(case: training_steps.Case) -> None:
    with tempfile.TemporaryDirectory() as place:
        training_steps.check(case, Path(place))


_LIGHT = tuple(name for name in commands() if name not in RUNNERS)
PROPERTIES = {
    "command lines": Property(command_lines(_LIGHT), _lines, 120),
    "command lines of runners": Property(command_lines(RUNNERS), _runner_lines, 60),
    "specs": Property(st.tuples(inputs.spec_texts(), st.sampled_from(_SPEC_LINES)), _spec, 60),
    "graphs": Property(inputs.graphs(), _graph, 100),
    "reports": Property(inputs.reports(), _report, 60),
    "Caffe networks": Property(caffe.examples(), caffe.check, 60),
    "profiles": Property(inputs.profiles(), _profile, 50),
    "weights": Property(inputs.weights(), _weights, 40),
    "ONNX files": Property(onnx_files(), _onnx, 40),
    "checkpoints of budget": Property(inputs.budget_checkpoints(), _search, 40),
    "checkpoints of train": Property(inputs.runs(), _run, 8),
}
if shutil.which("cc"):
    PROPERTIES["training steps"] = Property(training_steps.cases(), _step, 2)
