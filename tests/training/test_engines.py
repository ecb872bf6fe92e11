"""Engines are chosen by what they can train, and their weights are interchangeable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli.run import run

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.graph import GraphBuilder
from henet_arch.support.errors import (
    CompileError,
    EmitError,
    RunError,
    TrainError,
    UnknownNameError,
)

torch = pytest.importorskip("torch")
pytest.importorskip("lightning")
pytest.importorskip("sklearn")
pytestmark = pytest.mark.filterwarnings("ignore")

from training.runs import SHORT, SPEC, interrupting, same_weights, weights_of  # noqa: E402

from henet_arch.training.engines import ENGINES, choose  # noqa: E402
from henet_arch.training.loop import train  # noqa: E402
from henet_arch.training.machine import Machine  # noqa: E402
from henet_arch.training.optimization import statistics  # noqa: E402
from henet_arch.training.run.outcome import Outcome  # noqa: E402

MODEL = ha.load(SPEC)
UNKNOWN = ha.load(ha.Spec(family="mobilenetv3", input=(1, 33, 33)))


def _trained(folder: Path, engine: str, **options: Any) -> Outcome:
    return train(MODEL, SHORT, folder, machine=Machine(engine=engine), **options)


def test_the_fastest_that_can_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert str(choose(None, MODEL.graph, "cpu")) == "engine: native"
    assert str(choose("torch", MODEL.graph, "cpu")) == "engine: torch"
    assert "(the native engine trains on the processor" in str(choose(None, MODEL.graph, "gpu"))
    monkeypatch.setenv("CC", "no-such-compiler")
    assert "'no-such-compiler' cannot be run" in str(choose(None, MODEL.graph, "cpu"))


def test_a_compiler_that_fails_leaves_it_to_pytorch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "false")
    lines: list[str] = []
    assert train(MODEL, SHORT, tmp_path / "run", say=lines.append).finished
    assert lines[0] == "engine: native"
    assert "engine: torch (false fails on the emitted C)" in lines
    with pytest.raises(CompileError, match="false fails on the emitted C"):
        train(MODEL, SHORT, tmp_path / "asked", machine=Machine(engine="native"))
    assert not (tmp_path / "asked").exists()


def test_a_step_that_cannot_be_loaded_leaves_it_to_pytorch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the cache lies on a file system from which no program may run."""

    def refused(path: str) -> None:
        raise OSError(f"{path}: failed to map segment from shared object")

    monkeypatch.setattr("ctypes.CDLL", refused)
    lines: list[str] = []
    assert train(MODEL, SHORT, tmp_path / "run", say=lines.append).finished
    assert any("engine: torch (the compiled training step cannot be" in line for line in lines)
    with pytest.raises(RunError, match="cannot be loaded") as caught:
        train(MODEL, SHORT, tmp_path / "asked", machine=Machine(engine="native"))
    assert "HENET_ARCH_CACHE" in caught.value.fix


def test_a_layer_that_is_refused_by_its_settings_is_trained_in_pytorch() -> None:
    net = GraphBuilder("mirrored")
    image = net.add("image", layers.Input((1, 9, 9)))
    x = net.add("pad", layers.Pad2d((1, 1, 1, 1), "reflect"), image)
    x = net.add("fc", layers.Linear(121, 10), net.add("flat", layers.Flatten(), x))
    choice = choose(None, net.finish(), "cpu")
    assert choice.name == "torch"
    assert choice.reason.endswith(", at pad")


def test_what_cannot_be_trained_in_c_is_trained_in_pytorch_or_refused(tmp_path: Path) -> None:
    choice = choose(None, UNKNOWN.graph, "cpu")
    assert choice.name == "torch"
    layer = choice.reason.rpartition(", at ")[2]
    assert UNKNOWN.graph[layer].layer.kind in choice.reason
    machine = Machine(engine="native")
    with pytest.raises(EmitError, match="native training step has no") as caught:
        train(UNKNOWN, SHORT, tmp_path / "run", machine=machine)
    assert caught.value.fix == "train --engine torch, which trains every network"
    with pytest.raises(TrainError, match="on the processor, not on the device 'gpu'"):
        train(MODEL, SHORT, tmp_path / "run", machine=Machine(engine="native", device="gpu"))
    with pytest.raises(UnknownNameError, match="unknown engine 'xla'"):
        train(MODEL, SHORT, tmp_path / "run", machine=Machine(engine="xla"))
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_first_line_says_the_engine() -> None:
    for engine in ("native", "torch"):
        ended = run(
            *("train", "--channels", "12,24", "--repeats", "1", "--input", "1x15x15"),
            *("--epochs", "1", "--engine", engine, "--output", engine),
        )
        assert ended.code == 0, ended.err
        assert ended.err.startswith(f"engine: {engine}\n")


@pytest.mark.parametrize(("first", "second"), [("torch", "native"), ("native", "torch")])
@pytest.mark.slow
def test_a_run_goes_on_with_the_other_engine(tmp_path: Path, first: str, second: str) -> None:
    """Two steps by the other engine change all tensors alike, but for rounding."""
    made, interrupt = [], interrupting(7, 9)
    for name, engines in (("whole", (first, first)), ("switched", (first, second))):
        assert _trained(tmp_path / name, engines[0], watch=interrupt).step == 8
        before = weights_of(tmp_path / name)
        assert _trained(tmp_path / name, engines[1], watch=interrupt, resume=True).step == 10
        after = weights_of(tmp_path / name)
        made.append({key: after[key].double() - value for key, value in before.items()})
    whole, switched = made
    assert list(whole) == list(switched)
    for key, change in whole.items():
        scale = 0 if key.endswith("conv1.bias") else change.abs().max()  # a norm cancels these
        assert (switched[key] - change).abs().max() <= 0.02 * scale + 3e-6, key


@pytest.mark.parametrize("engine", ["torch", "native"])
def test_a_run_that_is_broken_off_ends_bit_for_bit_as_an_unbroken_one(
    tmp_path: Path, engine: str
) -> None:
    assert _trained(tmp_path / "whole", engine).finished
    assert not _trained(tmp_path / "broken", engine, watch=interrupting(5)).finished
    assert _trained(tmp_path / "broken", engine, resume=True).finished
    assert same_weights(tmp_path / "whole", tmp_path / "broken")


def test_both_engines_obey_the_momentum_of_the_modules_batch_norms() -> None:
    images = torch.randn(20, 1, 15, 15)
    buffers = []
    for engine in ("torch", "native"):
        torch.manual_seed(0)
        module = ha.to_torch(MODEL).train()
        network = ENGINES[engine].prepare(MODEL.graph, module, 1)
        for step in range(3):
            statistics.average(module, 0.5, step)
            network(images * (step + 1))
        buffers.append(dict(module.named_buffers()))
    for name, buffer in buffers[0].items():
        torch.testing.assert_close(buffers[1][name], buffer, rtol=1e-4, atol=1e-5)


def test_what_is_tested_has_the_weights_of_now() -> None:
    """The compiled network for use follows those that are trained."""
    torch.manual_seed(0)
    module = ha.to_torch(MODEL)
    network = ENGINES["native"].prepare(MODEL.graph, module, 1)
    images = torch.randn(6, 1, 15, 15)
    for _ in range(2):
        for parameter in module.parameters():
            parameter.data += 0.1 * torch.randn(parameter.shape)
        module.train()
        network(torch.randn(20, 1, 15, 15))
        module.eval()
        with torch.no_grad():
            torch.testing.assert_close(network(images), module(images), rtol=1e-4, atol=1e-5)
