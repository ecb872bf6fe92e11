"""Whatever stops a training, it goes on to the same end, or says why it does not."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from cli.run import run

import henet_arch as ha
from henet_arch.support.errors import FileError, HenetArchError, SpecError, TrainError

pytest.importorskip("numpy")
pytest.importorskip("lightning")
pytestmark = pytest.mark.filterwarnings("ignore")

from training.runs import EVERY_3, SHORT, SPEC, interrupting, same_weights, train  # noqa: E402

from henet_arch.training.machine import Machine  # noqa: E402
from henet_arch.training.run import checkpoints  # noqa: E402
from henet_arch.training.settings import Settings  # noqa: E402


@pytest.mark.slow
@pytest.mark.parametrize("step", [1, 11, 14, 21])
def test_ctrl_c_saves_and_resuming_ends_as_an_unbroken_run(
    whole: Path, tmp_path: Path, step: int
) -> None:
    handler = signal.getsignal(signal.SIGINT)
    stopped = train(SPEC, SHORT, tmp_path, machine=EVERY_3, watch=interrupting(step))
    assert stopped.step == step + 1
    assert signal.getsignal(signal.SIGINT) is handler
    assert stopped.finished == (step == 21)
    told: list[str] = []
    resumed = train(SPEC, SHORT, tmp_path, machine=EVERY_3, resume=True, say=told.append)
    assert resumed.finished
    assert same_weights(whole, tmp_path)
    goes_on = [] if stopped.finished else [f"goes on from step {step + 1}"]
    assert [line for line in told if "goes on" in line] == goes_on


@pytest.mark.parametrize("engine", ["native", "torch"])
def test_dropout_goes_on_as_in_an_unbroken_run(tmp_path: Path, engine: str) -> None:
    layers_of = [torch.nn.Conv2d(1, 4, 3), torch.nn.Dropout(0.5), torch.nn.Flatten()]
    module = torch.nn.Sequential(*layers_of, torch.nn.Linear(144, 10))
    machine, settings = Machine(engine=engine), Settings(epochs=1, batch=360)
    model = ha.load(module, (1, 8, 8))

    def interrupt(done: int, steps: int, row: dict[str, Any]) -> None:
        torch.rand(done)  # what others draw between two steps changes nothing
        interrupting(1)(done, steps, row)

    outcome = train(model, settings, tmp_path / "whole", machine=machine)
    assert outcome.steps == 3
    assert not train(model, settings, tmp_path / "cut", machine=machine, watch=interrupt).finished
    assert train(model, settings, tmp_path / "cut", machine=machine, resume=True).finished
    assert same_weights(tmp_path / "whole", tmp_path / "cut")


def test_a_run_that_is_started_to_ignore_ctrl_c_ignores_it(whole: Path, tmp_path: Path) -> None:
    """As a shell starts it in the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        outcome = train(
            SPEC,
            SHORT,
            tmp_path / "run",
            watch=lambda done, steps, row: os.kill(os.getpid(), signal.SIGINT),
        )
    finally:
        signal.signal(signal.SIGINT, before)
    assert outcome.finished
    assert same_weights(whole, tmp_path / "run")


def test_a_second_ctrl_c_ends_at_once(tmp_path: Path) -> None:
    def impatient(done: int, steps: int, row: dict[str, Any]) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(SystemExit) as caught:
        train(SPEC, SHORT, tmp_path, watch=impatient)
    assert caught.value.code == 130


def test_errors_of_who_watches_are_not_of_the_checkpoint(tmp_path: Path) -> None:
    def broken(done: int, steps: int, row: dict[str, Any]) -> None:
        if done == 5:
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        train(SPEC, SHORT, tmp_path, machine=EVERY_3, watch=broken)
    with pytest.raises(KeyError, match="mine"):
        train(SPEC, SHORT, tmp_path, machine=EVERY_3, watch=broken, resume=True)


@pytest.mark.slow
def test_a_killed_run_loses_only_the_steps_since_its_checkpoint(
    whole: Path, tmp_path: Path
) -> None:
    (tmp_path / "net.json").write_text(SPEC.model_dump_json())
    command = [
        *(sys.executable, "-m", "henet_arch", "train", str(tmp_path / "net.json")),
        *("--epochs", "2", "--checkpoint-every", "3", "--output", str(tmp_path / "run")),
    ]
    killed = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=tmp_path)
    checkpoint = tmp_path / "run" / "checkpoint.safetensors"
    while not checkpoint.exists():
        assert killed.poll() is None
        time.sleep(0.002)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert checkpoints.read(checkpoint)["global_step"] < 22
    train(SPEC, SHORT, tmp_path / "run", machine=EVERY_3, resume=True)
    assert same_weights(whole, tmp_path / "run")


def test_a_log_that_a_killed_run_has_not_written_is_written(whole: Path, tmp_path: Path) -> None:
    """The checkpoint of the last step is there, and the log lacks its row."""
    shutil.copy(whole / "checkpoint.safetensors", tmp_path)
    lines = (whole / "metrics.csv").read_text().splitlines(keepends=True)
    (tmp_path / "metrics.csv").write_text("".join(lines[:-1]))
    train(SPEC, SHORT, tmp_path, resume=True)
    assert (tmp_path / "metrics.csv").read_text() == "".join(lines)


def test_resuming_a_finished_run_changes_nothing(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "run")
    outcome = train(SPEC, SHORT, tmp_path / "run", resume=True)
    assert outcome.finished
    assert outcome.score
    assert same_weights(whole, tmp_path / "run")


@pytest.mark.parametrize(
    ("spec", "settings", "error", "what", "fix"),
    [
        (
            SPEC.replace(channels=(24, 48), name="other"),
            SHORT,
            SpecError,
            "another network: name was not said and is now 'other', channels was [12, 24] and is",
            "the network that it began with",
        ),
        (SPEC, Settings(epochs=3), TrainError, "epochs was 2 and is now 3", "--epochs 2, "),
        (
            SPEC,
            Settings(epochs=2, seed=9, rate=0.5, augment=False),
            TrainError,
            "seed was 0 and is now 9; augment was not said and is now False",
            "--seed 0 and no --no-augment",
        ),
        (
            SPEC,
            Settings(epochs=2, rate=0.5),
            TrainError,
            "rate was not said and is now 0.5",
            "no --rate, or another --output",
        ),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(
    whole: Path, spec: ha.Spec, settings: Settings, error: type[HenetArchError], what: str, fix: str
) -> None:
    with pytest.raises(error) as caught:
        train(spec, settings, whole, resume=True)
    assert what in caught.value.what
    assert fix in caught.value.fix


def test_a_run_that_is_not_there_is_not_gone_on_with(tmp_path: Path) -> None:
    network = tmp_path / "net.json"
    network.write_text(SPEC.model_dump_json())
    line = ("train", str(network), "--epochs", "1", "-o", "run")
    refused = run(*line, "--resume")
    assert refused.code == 3
    assert "run holds no checkpoint to go on from" in refused.err
    assert "--resume-or-begin" in refused.err
    assert not Path("run").exists()
    assert run(*line, "--resume-or-begin").code == 0
    again = run(*line, "--resume-or-begin")
    assert (again.code, "step 11" in again.err) == (0, False)
    assert run(*line, "--resume", "--resume-or-begin").code == 2


def test_a_run_of_an_older_version_goes_on(whole: Path, tmp_path: Path) -> None:
    """Checkpoints had the spec alone, perhaps with a key that is gone, and weights too."""
    state = checkpoints.read(whole / "checkpoint.safetensors")
    del state["graph"]
    state["spec"]["gone"] = 1
    checkpoints.write(tmp_path / "checkpoint.safetensors", state)
    assert train(SPEC, SHORT, tmp_path, resume=True).finished
    with pytest.raises(TrainError, match="the checkpoint is of another network than"):
        train(ha.build(SPEC), SHORT, tmp_path, resume=True)


def test_a_run_of_an_earlier_version_goes_on(whole: Path, tmp_path: Path) -> None:
    shutil.copy(whole / "checkpoint.safetensors", tmp_path)
    assert train(SPEC, SHORT, tmp_path, resume=True).finished


def test_a_run_of_a_graph_goes_on_with_the_same_graph(tmp_path: Path) -> None:
    graph = replace(ha.build(SPEC), family=None)

    assert not train(graph, SHORT, tmp_path, watch=interrupting(4)).finished
    other = ha.build(SPEC.replace(channels=(12, 48)))
    with pytest.raises(TrainError, match="the checkpoint is of another network than"):
        train(other, SHORT, tmp_path, resume=True)
    assert train(graph, SHORT, tmp_path, resume=True).finished
    assert ha.evaluate(tmp_path / "weights.safetensors").model.graph == graph


def test_a_test_whose_loss_is_beyond_all_numbers_is_gone_on_from(
    whole: Path, tmp_path: Path
) -> None:
    """An early one may be, since running statistics are still far off."""
    state = checkpoints.read(whole / "checkpoint.safetensors")
    (keeper,) = state["callbacks"].values()
    row = next(row for row in keeper["rows"] if row["test_loss"] is not None)
    row["test_loss"] = keeper["score"]["loss"] = float("inf")
    checkpoints.write(tmp_path / "checkpoint.safetensors", state)
    outcome = train(SPEC, SHORT, tmp_path, resume=True)
    assert outcome.rows[keeper["rows"].index(row)]["test_loss"] == float("inf")
    assert ",inf," in (tmp_path / "metrics.csv").read_text()


@pytest.mark.parametrize("content", [b"", b"x" * 100, b"\x08\0\0\0\0\0\0\0{}      "])
def test_damaged_files(tmp_path: Path, content: bytes) -> None:
    for name in ("checkpoint.safetensors", "weights.safetensors"):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError, match=r"no checkpoint|is empty"):
        train(SPEC, SHORT, tmp_path, resume=True)
    with pytest.raises(FileError, match=r"no weights|does not say what network|is empty"):
        ha.evaluate(tmp_path / "weights.safetensors")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("global_step", None),
        ("global_step", -1),
        ("global_step", "x"),
        ("global_step", 99),
        ("state_dict", {}),
        ("callbacks", {}),
        ("loops", 3),
        ("optimizer_states", [{}]),
        ("format", 99),
        ("processes", 2),
        ("spec", "henet"),
    ],
)
@pytest.mark.parametrize("log", ["csv", "tensorboard"])
def test_hostile_checkpoints(
    whole: Path, tmp_path: Path, key: str, value: object, log: str
) -> None:
    state = checkpoints.read(whole / "checkpoint.safetensors")
    state["global_step"] = 12
    state[key] = value
    checkpoints.write(tmp_path / "checkpoint.safetensors", state)
    with pytest.raises(ha.HenetArchError):
        train(SPEC, SHORT, tmp_path, resume=True, log=log)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("score", "confusion"), [[1] * 10] * 9),
        (("score", "confusion"), [[1] * 9] * 10),
        (("score", "confusion"), [[[1]] * 10] * 10),
        (("score", "confusion"), [[0] * 10] * 10),
        (("score", "confusion"), [[-1] * 10] * 10),
        (("score", "loss"), "low"),
        (("score",), {}),
        (("rows", 0, "step"), 0.5),
        (("rows", 0, "test_accuracy"), "x"),
        (("rows", 0, "colour"), 1.0),
        (("rows", 0), []),
        (("rows",), {}),
    ],
)
@pytest.mark.parametrize("step", [0, 4])
def test_a_log_that_is_none_is_damage(
    whole: Path, tmp_path: Path, place: tuple[str | int, ...], value: object, step: int
) -> None:
    """Where the training goes on, and where it has ended."""
    state = checkpoints.read(whole / "checkpoint.safetensors")
    state["global_step"] -= step
    (keeper,) = state["callbacks"].values()
    *outer, last = place
    for key in outer:
        keeper = keeper[key]
    keeper[last] = value
    checkpoints.write(tmp_path / "checkpoint.safetensors", state)
    with pytest.raises(FileError, match=r"is damaged: its (log|score|confusion matrix) "):
        train(SPEC, SHORT, tmp_path, resume=True)


def test_a_checkpoint_is_no_file_of_weights(whole: Path) -> None:
    path = whole / "checkpoint.safetensors"
    for source, weights in ((path, None), (SPEC, path)):
        with pytest.raises(FileError, match="is a checkpoint") as caught:
            ha.load(source, weights=weights)
        assert str(whole / "weights.safetensors") in caught.value.fix


def test_a_pickle_is_not_loaded(tmp_path: Path) -> None:
    torch.save({"state": 1}, tmp_path / "checkpoint.safetensors")
    with pytest.raises(FileError, match="no checkpoint"):
        train(SPEC, SHORT, tmp_path, resume=True)


def test_states_survive_their_file(tmp_path: Path) -> None:
    state: dict[str, Any] = {
        "a": [1, 2.5, None, True, "x"],
        "b": {0: torch.ones(2), "c": {}},
        "d": torch.zeros(()),
    }
    state["e"] = torch.rand(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    checkpoints.write(tmp_path / "state", state)
    found = checkpoints.read(tmp_path / "state")
    assert found["a"] == state["a"]
    assert found["b"]["c"] == {}
    assert torch.equal(found["e"], state["e"])
    assert torch.equal(found["b"][0], torch.ones(2))
    with pytest.raises(TypeError, match="cannot hold a set"):
        checkpoints.pack({1}, {})
