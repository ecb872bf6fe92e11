"""Training learns, survives interruption with the same result, and says what is wrong."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from cli.run import run
from unusual import KINDS, unusual

import henet_arch as ha
from henet_arch.cli import completion
from henet_arch.importers.load import Source
from henet_arch.ir import layers
from henet_arch.ir.graph import GraphBuilder
from henet_arch.ir.layer import Layer
from henet_arch.support.errors import (
    DataError,
    FileError,
    HenetArchError,
    SourceError,
    SpecError,
    TrainError,
    UnknownNameError,
)
from henet_arch.support.tensor_file import read_header

np = pytest.importorskip("numpy")
pytest.importorskip("lightning")
pytestmark = pytest.mark.filterwarnings("ignore")

from safetensors.numpy import save_file as save_arrays  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from safetensors.torch import save_file as save_tensors  # noqa: E402

from henet_arch.ir.tensors import tensors_of  # noqa: E402
from henet_arch.runtime.torch.module import to_torch  # noqa: E402
from henet_arch.runtime.torch.weights import save_weights  # noqa: E402
from henet_arch.training import loop  # noqa: E402
from henet_arch.training.evaluation.scoring import MOST_BYTES, batch_of  # noqa: E402
from henet_arch.training.machine import DEVICES, Machine  # noqa: E402
from henet_arch.training.optimization.loss import cost  # noqa: E402
from henet_arch.training.run import checkpoints  # noqa: E402
from henet_arch.training.run.outcome import Outcome  # noqa: E402
from henet_arch.training.schedules import SCHEDULES  # noqa: E402
from henet_arch.training.settings import Settings  # noqa: E402

SPEC = ha.Spec(channels=(12, 24), repeats=1, input=(1, 15, 15))
SHORT = Settings(epochs=2)
EVERY_3 = Machine(checkpoint_every=3)
evaluate = ha.evaluate


def train(source: Source, settings: Settings, folder: Path, **options: Any) -> Outcome:
    """A training of what `source` names."""
    return loop.train(ha.load(source), settings, folder, **options)


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = load_file(folder / "weights.safetensors")
    return found


def _same(a: Path, b: Path) -> bool:
    one, other = _weights(a), _weights(b)
    return list(one) == list(other) and all(torch.equal(one[key], other[key]) for key in one)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing interrupted."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    outcome = train(SPEC, SHORT, folder, machine=EVERY_3)
    assert outcome.finished
    return folder


def test_it_learns(tmp_path: Path) -> None:
    outcome = train(SPEC, Settings(epochs=8), tmp_path / "run")
    assert outcome.accuracies[-1] > 0.8
    last = outcome.accuracies[-5:]
    assert outcome.mean_accuracy == pytest.approx(sum(last) / 5)
    assert outcome.score
    assert outcome.score.images == 360
    assert sum(outcome.score.confusion[3]) == 37  # the threes among the held-out digits
    assert {p.name for p in (tmp_path / "run").iterdir()} == {
        ".henet-arch-run",
        "checkpoint.safetensors",
        "curves.svg",
        "errors.html",
        "metrics.csv",
        "weights.safetensors",
    }


def test_the_log_is_a_table(whole: Path) -> None:
    rows = list(csv.DictReader((whole / "metrics.csv").read_text().splitlines()))
    assert [int(row["step"]) for row in rows] == [3, 6, 9, 11, 12, 15, 18, 21, 22]
    assert [row["step"] for row in rows if row["test_accuracy"]] == ["11", "22"]
    assert float(rows[-1]["rate"]) < 0.01 < max(float(row["rate"]) for row in rows)


def test_the_same_seed_gives_the_same_weights_and_another_does_not(
    whole: Path, tmp_path: Path
) -> None:
    train(SPEC, SHORT, tmp_path / "again")
    assert _same(whole, tmp_path / "again")
    train(SPEC, Settings(epochs=2, seed=1), tmp_path / "other")
    assert not _same(whole, tmp_path / "other")


@pytest.mark.slow
@pytest.mark.parametrize("step", [1, 11, 14, 21])
def test_ctrl_c_saves_and_resuming_ends_as_an_unbroken_run(
    whole: Path, tmp_path: Path, step: int
) -> None:
    def interrupt(done: int, steps: int, row: dict[str, Any]) -> None:
        if done == step:
            os.kill(os.getpid(), signal.SIGINT)

    handler = signal.getsignal(signal.SIGINT)
    stopped = train(SPEC, SHORT, tmp_path, machine=EVERY_3, watch=interrupt)
    assert stopped.step == step + 1
    assert signal.getsignal(signal.SIGINT) is handler
    assert stopped.finished == (step == 21)
    told: list[str] = []
    resumed = train(SPEC, SHORT, tmp_path, machine=EVERY_3, resume=True, say=told.append)
    assert resumed.finished
    assert _same(whole, tmp_path)
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
        if done == 1:
            os.kill(os.getpid(), signal.SIGINT)

    outcome = train(model, settings, tmp_path / "whole", machine=machine)
    assert outcome.steps == 3
    assert not train(model, settings, tmp_path / "cut", machine=machine, watch=interrupt).finished
    assert train(model, settings, tmp_path / "cut", machine=machine, resume=True).finished
    assert _same(tmp_path / "whole", tmp_path / "cut")


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
    assert _same(whole, tmp_path / "run")


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
    assert _same(whole, tmp_path / "run")


def test_resuming_a_finished_run_changes_nothing(whole: Path) -> None:
    before = _weights(whole)
    outcome = train(SPEC, SHORT, whole, resume=True)
    assert outcome.finished
    assert outcome.score
    assert all(torch.equal(value, before[key]) for key, value in _weights(whole).items())


@pytest.mark.slow
def test_two_processes_train_together(tmp_path: Path) -> None:
    (tmp_path / "net.json").write_text(SPEC.model_dump_json())
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"),
            *("--master-port", "0", "--rdzv-backend", "c10d", "--rdzv-endpoint", "localhost:0"),
            *("-m", "henet_arch", "train", str(tmp_path / "net.json"), "--epochs", "8"),
            *("--output", str(tmp_path / "run"), "--format", "json"),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert found["step"] == found["steps"] == 88
    assert sum(map(sum, found["confusion"])) == 360
    assert found["accuracy"] > 0.8
    again = evaluate(tmp_path / "run" / "weights.safetensors")
    assert again.score.accuracy == pytest.approx(found["accuracy"], abs=0.01)


def test_evaluation_reads_the_weights_back(whole: Path) -> None:
    rows = list(csv.DictReader((whole / "metrics.csv").read_text().splitlines()))
    found = evaluate(whole / "weights.safetensors")
    assert found.model.origin == SPEC
    assert found.model.class_names == tuple("0123456789")
    assert found.score.accuracy == pytest.approx(float(rows[-1]["test_accuracy"]))
    assert found.score.loss == pytest.approx(float(rows[-1]["test_loss"]), rel=1e-5)


def test_the_paper_schedule() -> None:
    schedule = SCHEDULES["paper"]
    assert schedule.steps(391, None) == 65_000
    steps = (0, 31_999, 32_000, 47_999, 48_000, 64_999)
    rates = [schedule.rate_at(step, 65_000, 0.01) for step in steps]
    assert rates == pytest.approx([0.01, 0.01, 0.001, 0.001, 0.0001, 0.0001])
    assert (schedule.momentum, schedule.weight_decay) == (0.9, 0.0005)


def test_the_quick_schedule_is_one_cycle() -> None:
    schedule = SCHEDULES["quick"]
    rates = [schedule.rate_at(step, 1000, 1.0) for step in range(1000)]
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[0] < 0.1 < max(rates) <= 1
    assert rates[-1] < 0.001


@pytest.mark.parametrize("rate", [1e3, 1e5])
def test_training_without_bounds_stops_and_keeps_the_last_good_checkpoint(
    tmp_path: Path, rate: float
) -> None:
    with pytest.raises(TrainError, match=r"loss of step|finite after step") as caught:
        train(SPEC, Settings(epochs=2, rate=rate), tmp_path, machine=Machine(checkpoint_every=1))
    assert "learning rate" in caught.value.where
    state = checkpoints.read(tmp_path / "checkpoint.safetensors")
    assert all(value.isfinite().all() for value in state["state_dict"].values())


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


def test_a_run_of_a_graph_goes_on_with_the_same_graph(tmp_path: Path) -> None:
    graph = replace(ha.build(SPEC), family=None)

    def interrupt(step: int, steps: int, row: dict[str, Any]) -> None:
        if step == 4:
            os.kill(os.getpid(), signal.SIGINT)

    assert not train(graph, SHORT, tmp_path, watch=interrupt).finished
    other = ha.build(SPEC.replace(channels=(12, 48)))
    with pytest.raises(TrainError, match="the checkpoint is of another network than"):
        train(other, SHORT, tmp_path, resume=True)
    assert train(graph, SHORT, tmp_path, resume=True).finished
    assert evaluate(tmp_path / "weights.safetensors").model.graph == graph


@pytest.mark.parametrize(
    ("inputs", "layer", "message"),
    [
        (1, layers.Elementwise("relu"), "has no weights to train"),
        (1, layers.Conv2d(1, 10, (8, 8)), "gives maps, and a loss needs one score"),
        (2, layers.Add(), "does not take one image"),
    ],
)
def test_graphs_that_cannot_be_trained(
    tmp_path: Path, inputs: int, layer: Layer, message: str
) -> None:
    builder = GraphBuilder("net")
    images = [builder.add(f"image{n}", layers.Input((1, 8, 8))) for n in range(inputs)]
    last = builder.add("layer", layer, images)
    if not isinstance(layer, layers.Conv2d):
        builder.add("flat", layers.Flatten(), [last])
    with pytest.raises(TrainError, match=message):
        train(builder.finish(), SHORT, tmp_path / "run")


def test_outputs_of_different_classes_are_not_trained(tmp_path: Path) -> None:
    builder = GraphBuilder("net")
    image = builder.add("image", layers.Input((1, 8, 8)))
    flat = builder.add("flat", layers.Flatten(), [image])
    outputs = [builder.add(f"head{n}", layers.Linear(64, n), [flat]) for n in (10, 9)]
    with pytest.raises(TrainError, match="gives several numbers of scores"):
        train(builder.finish(outputs), SHORT, tmp_path / "run")


def test_a_run_is_never_overwritten(whole: Path) -> None:
    with pytest.raises(TrainError, match="holds a run already"):
        train(SPEC, SHORT, whole)


def test_other_classes_than_the_data_has(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="digits has 10 classes, and the network 7 outputs"):
        train(SPEC.replace(classes=7), SHORT, tmp_path / "run")


@pytest.mark.parametrize("content", [b"", b"x" * 100, b"\x08\0\0\0\0\0\0\0{}      "])
def test_damaged_files(tmp_path: Path, content: bytes) -> None:
    for name in ("checkpoint.safetensors", "weights.safetensors"):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError, match=r"no checkpoint|is empty"):
        train(SPEC, SHORT, tmp_path, resume=True)
    with pytest.raises(FileError, match=r"no weights|does not say what network|is empty"):
        evaluate(tmp_path / "weights.safetensors")


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


@pytest.mark.parametrize("words", [{}, {"resume": True}])
def test_weights_without_a_checkpoint_are_not_replaced(
    whole: Path, tmp_path: Path, words: dict[str, bool]
) -> None:
    shutil.copytree(whole, tmp_path / "run")
    (tmp_path / "run" / "checkpoint.safetensors").unlink()
    before = (tmp_path / "run" / "weights.safetensors").read_bytes()
    with pytest.raises(TrainError, match="no checkpoint to go on from") as caught:
        train(SPEC, SHORT, tmp_path / "run", **words)
    assert "move weights.safetensors away" in caught.value.fix
    assert (tmp_path / "run" / "weights.safetensors").read_bytes() == before


@pytest.mark.parametrize("words", [{"log": "tensorbord"}, {"curves": "jpg"}])
def test_forms_that_are_none(tmp_path: Path, words: dict[str, str]) -> None:
    with pytest.raises(UnknownNameError, match="unknown form of the"):
        train(SPEC, SHORT, tmp_path / "run", **words)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "words", [{"holdout": "x"}, {"holdout": 1.5}, {"holdout": 0.1, "seed": 2**70}, {"seed": -1}]
)
def test_evaluations_out_of_bounds(whole: Path, words: dict[str, Any]) -> None:
    with pytest.raises(TrainError, match=r"(holdout|seed) = "):
        evaluate(whole / "weights.safetensors", **words)


def test_weights_of_unknown_data_are_tested_on_what_is_named(whole: Path) -> None:
    model = replace(ha.load(whole / "weights.safetensors"), trained_on="")
    with pytest.raises(DataError, match="do not say which data they were trained on") as caught:
        evaluate(model)
    assert caught.value.fix == "--data NAME, or image files"
    assert evaluate(model, "digits") == replace(
        evaluate(whole / "weights.safetensors"), model=model
    )


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


def test_a_log_that_a_killed_run_has_not_written_is_written(whole: Path, tmp_path: Path) -> None:
    """The checkpoint of the last step is there, and the log lacks its row."""
    shutil.copy(whole / "checkpoint.safetensors", tmp_path)
    lines = (whole / "metrics.csv").read_text().splitlines(keepends=True)
    (tmp_path / "metrics.csv").write_text("".join(lines[:-1]))
    train(SPEC, SHORT, tmp_path, resume=True)
    assert (tmp_path / "metrics.csv").read_text() == "".join(lines)


def test_a_checkpoint_is_no_file_of_weights(whole: Path) -> None:
    path = whole / "checkpoint.safetensors"
    for source, weights in ((path, None), (SPEC, path)):
        with pytest.raises(FileError, match="is a checkpoint") as caught:
            ha.load(source, weights=weights)
        assert str(whole / "weights.safetensors") in caught.value.fix


def test_errors_of_who_watches_are_not_of_the_checkpoint(tmp_path: Path) -> None:
    def broken(done: int, steps: int, row: dict[str, Any]) -> None:
        if done == 5:
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        train(SPEC, SHORT, tmp_path, machine=EVERY_3, watch=broken)
    with pytest.raises(KeyError, match="mine"):
        train(SPEC, SHORT, tmp_path, machine=EVERY_3, watch=broken, resume=True)


def test_parts_that_a_killed_run_left_are_cleared(tmp_path: Path) -> None:
    (tmp_path / ".henet-arch-run").touch()
    (tmp_path / ".checkpoint.safetensors.1-00.part").write_bytes(b"half")
    (tmp_path / ".mine.1-00.part").write_bytes(b"foreign")
    (tmp_path / ".metrics.csv.1-00.part").symlink_to(tmp_path / ".mine.1-00.part")
    train(SPEC, Settings(epochs=1), tmp_path)
    hidden = {path.name for path in tmp_path.glob(".*")}
    assert hidden == {".henet-arch-run", ".mine.1-00.part", ".metrics.csv.1-00.part"}


@pytest.mark.parametrize(
    "name", ["metrics.csv", "curves.svg", "weights.safetensors", "x.part", ".metrics.csv.1.part"]
)
def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    for resume in (False, True):
        with pytest.raises(ha.HenetArchError, match="holds"):
            train(SPEC, SHORT, tmp_path, resume=resume)
    ended = run("train", "henet-r2", "--output", ".")
    assert ended.code == 3
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_links_in_a_run_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("mine")
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / ".henet-arch-run").touch()
    for name in ("metrics.csv", "curves.svg", "checkpoint.safetensors"):
        (folder / name).symlink_to(tmp_path / "mine.csv")
        with pytest.raises(FileError, match=f"{name} is not a regular file"):
            train(SPEC, SHORT, folder, resume=True)
        (folder / name).unlink()
    (folder / ".henet-arch-run").unlink()
    (folder / ".henet-arch-run").symlink_to(tmp_path / "mine.csv")
    with pytest.raises(FileError, match="cannot lock"):
        train(SPEC, SHORT, folder)
    assert (tmp_path / "mine.csv").read_text() == "mine"


def test_a_run_of_an_earlier_version_goes_on(whole: Path, tmp_path: Path) -> None:
    shutil.copy(whole / "checkpoint.safetensors", tmp_path)
    assert train(SPEC, SHORT, tmp_path, resume=True).finished


def test_two_trainings_do_not_share_a_folder(tmp_path: Path) -> None:
    messages = []

    def second(done: int, steps: int, row: dict[str, Any]) -> None:
        if done == 1:
            with pytest.raises(FileError, match=f"is in use by process {os.getpid()} on ") as error:
                train(SPEC, SHORT, tmp_path / "run", resume=True)
            messages.append(str(error.value))

    assert train(SPEC, Settings(epochs=1), tmp_path / "run", watch=second).finished
    assert len(messages) == 1


@pytest.mark.skipif(sys.platform == "darwin", reason="it may have the device")
def test_a_training_that_does_not_begin_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(TrainError, match="cannot train on the device"):
        train(SPEC, SHORT, tmp_path / "new" / "run", machine=Machine(device="mps"))
    with pytest.raises(DataError):
        train(SPEC, Settings(data="cifar10"), tmp_path / "new" / "run")
    assert not list(tmp_path.iterdir())
    (tmp_path / "empty").mkdir()
    with pytest.raises(TrainError):
        train(SPEC, SHORT, tmp_path / "empty", machine=Machine(device="mps"))
    assert not list((tmp_path / "empty").iterdir())


def test_a_device_that_nobody_knows() -> None:
    with pytest.raises(UnknownNameError, match="unknown device 'gpuu'"):
        Machine(device="gpuu")
    assert set(completion.devices()) == set(DEVICES)


def test_a_library_call_leaves_no_trace(tmp_path: Path) -> None:
    torch.manual_seed(7)
    expected, threads = torch.rand(3), torch.get_num_threads()
    torch.manual_seed(7)
    found = []
    thread = threading.Thread(
        target=lambda: found.append(
            train(SPEC, Settings(epochs=1), tmp_path / "run", machine=Machine(threads=2))
        )
    )
    thread.start()
    thread.join()
    assert found[0].finished
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("device", ["gpu", "mps"])
def test_a_device_that_is_not_there(
    tmp_path: Path, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if device == "gpu" and torch.cuda.is_available():
        pytest.skip("it is there")
    monkeypatch.setattr(loop, "read_data", lambda *_: pytest.fail("it reads"))
    with pytest.raises(TrainError, match=f"cannot train on the device '{device}'"):
        train(SPEC, SHORT, tmp_path, machine=Machine(device=device))


def test_batches_that_are_too_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = SPEC.replace(channels=(12, 24, 36))
    with pytest.raises(TrainError, match="one image for each process is too few for stage3"):
        train(small, Settings(batch=1), tmp_path)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(TrainError, match="a batch of 127 is not the same for each of 2") as caught:
        train(SPEC, Settings(batch=127), tmp_path)
    assert caught.value.fix == "--batch 126"


def test_a_network_beyond_memory() -> None:
    with pytest.raises(ha.HenetArchError, match="PyTorch cannot make the network"):
        to_torch(ha.Spec(channels=(10**9, 2 * 10**9)))


def test_a_second_ctrl_c_ends_at_once(tmp_path: Path) -> None:
    def impatient(done: int, steps: int, row: dict[str, Any]) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(SystemExit) as caught:
        train(SPEC, SHORT, tmp_path, watch=impatient)
    assert caught.value.code == 130


def test_a_pickle_is_not_loaded(tmp_path: Path) -> None:
    torch.save({"state": 1}, tmp_path / "checkpoint.safetensors")
    with pytest.raises(FileError, match="no checkpoint"):
        train(SPEC, SHORT, tmp_path, resume=True)


def test_a_full_disk_leaves_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    def fill(done: int, steps: int, row: dict[str, Any]) -> None:
        def full(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        if done == 6:
            monkeypatch.setattr("os.fsync", full)

    with pytest.raises(FileError, match="No space left on device"):
        train(SPEC, SHORT, tmp_path, machine=EVERY_3, watch=fill)
    monkeypatch.undo()
    assert checkpoints.read(tmp_path / "checkpoint.safetensors")["global_step"] == 6
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".part")]
    assert train(SPEC, SHORT, tmp_path, machine=EVERY_3, resume=True).finished


def test_weights_that_do_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    model = ha.load(SPEC)
    save_weights(path, to_torch(SPEC), model, {"data": "digits"})
    weights = ha.load(path).weights
    assert weights is not None
    tensors = dict(weights)
    with pytest.raises(
        FileError, match=r"stem\.conv\.weight is 12x1x3x3, and the network has 24x1"
    ):
        ha.with_weights(ha.load(SPEC.replace(channels=(24, 48))), path)
    with pytest.raises(FileError, match=r"block2.* is missing"):
        ha.with_weights(ha.load(SPEC.replace(repeats=2)), path)
    with pytest.raises(SourceError, match="does not say how its images were normalised"):
        evaluate(path)
    _stored(path, {**tensors, "stem.conv.bias": np.full(12, np.nan, np.float32)})
    with pytest.raises(FileError, match=r"stem\.conv\.bias has values that are no finite"):
        evaluate(path)
    _stored(path, {**tensors, "stem.conv.bias": np.zeros(12, np.int64)})
    with pytest.raises(FileError, match=r"stem\.conv\.bias has values of the type int64, and"):
        ha.load(path)
    save_arrays(tensors, path)
    with pytest.raises(FileError, match="does not say what network"):
        ha.load(path)


def test_weights_are_read_when_they_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    module = to_torch(SPEC)
    save_weights(path, module, ha.load(SPEC), {})
    weights = ha.load(path).weights
    assert weights is not None
    assert list(weights) == list(tensors_of(ha.build(SPEC)))
    for name, tensor in module.state_dict().items():
        if name in weights:
            np.testing.assert_array_equal(weights[name], tensor.numpy())
    save_weights(path, to_torch(SPEC), ha.load(SPEC), {"data": "digits"})
    with pytest.raises(FileError, match="has changed since it was opened"):
        weights["stem.conv.bias"]


def test_weights_of_a_graph_come_back(tmp_path: Path) -> None:
    """A network that no spec describes, and one whose file has a spec that builds another."""
    path, model = tmp_path / "w.safetensors", ha.load(ha.build(SPEC))
    save_weights(path, to_torch(SPEC), model, {})
    assert ha.load(path).graph == model.graph
    with pytest.raises(SourceError, match=r"a plan .* needs a spec, and the file .* has none"):
        ha.plan(path)
    other = replace(model, origin=SPEC.replace(groups="dense"))
    save_weights(path, to_torch(SPEC), other, {})
    assert ha.load(path).graph == model.graph
    assert ha.load(path).origin.title == f"the file {path}"


def test_training_starts_from_weights(whole: Path, tmp_path: Path) -> None:
    source, slow = whole / "weights.safetensors", Settings(epochs=1, rate=1e-6)
    trained = train(source, slow, tmp_path / "on")
    anew = train(source, replace(slow, init="kaiming"), tmp_path / "anew")
    before = evaluate(source).score.accuracy
    assert trained.accuracies[-1] > before - 0.05
    assert anew.accuracies[-1] < before - 0.2


def _stored(path: Path, tensors: dict[str, Any], spec: ha.Spec = SPEC) -> None:
    """A file of weights as another program, or an older version, may write it."""
    pixels = {"mean": [1.0], "std": [1.0]}
    said = {"spec": spec.model_dump(mode="json"), "training": {"data": "digits", "pixels": pixels}}
    given = {name: torch.as_tensor(tensor) for name, tensor in tensors.items()}
    save_tensors(given, path, {"henet_arch": json.dumps(said)})


HALVES = [torch.bfloat16, torch.float16]


@pytest.mark.parametrize("kind", HALVES, ids=str)
def test_every_value_of_sixteen_bits_is_read_exactly(tmp_path: Path, kind: torch.dtype) -> None:
    bits = torch.arange(2**16, dtype=torch.int32).to(torch.uint16).view(kind)
    _stored(tmp_path / "w", {"all": bits})
    values = read_header(tmp_path / "w").read("all")
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, bits.float().numpy())


@pytest.mark.parametrize("kind", [*HALVES, torch.float64], ids=str)
def test_weights_of_other_types_are_evaluated(tmp_path: Path, kind: torch.dtype) -> None:
    state = to_torch(SPEC).state_dict()
    stored = {key: t.to(kind) if t.is_floating_point() else t for key, t in state.items()}
    _stored(tmp_path / "w", stored)
    _stored(tmp_path / "same", {key: t.to(state[key].dtype) for key, t in stored.items()})
    assert evaluate(tmp_path / "w") == evaluate(tmp_path / "same")


@pytest.mark.parametrize("kind", [torch.float8_e4m3fn, torch.int8, torch.bool], ids=str)
def test_weights_of_types_that_are_no_weights(tmp_path: Path, kind: torch.dtype) -> None:
    state = to_torch(SPEC).state_dict()
    _stored(tmp_path / "w", state | {"stem.conv.bias": torch.zeros(12).to(kind)})
    with pytest.raises(FileError, match=r"stem\.conv\.bias has values of the type") as caught:
        evaluate(tmp_path / "w")
    assert "bfloat16" in caught.value.fix


@pytest.mark.parametrize("kind", KINDS)
def test_only_regular_files_are_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "checkpoint.safetensors"
    unusual(path, kind)
    for read in (ha.load, checkpoints.read):
        with pytest.raises(FileError):
            read(path)
    with pytest.raises(FileError):
        train(SPEC, SHORT, tmp_path, resume=True)


def test_a_file_of_zeros_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.touch()
    os.truncate(path, 4 * 10**9)
    start = time.monotonic()
    for read in (ha.load, checkpoints.read):
        with pytest.raises(FileError, match="begins with a header"):
            read(path)
    assert time.monotonic() - start < 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"features_only": True}, "one score for each class"),
        ({"softmax": True}, "one score for each class"),
        ({"family": "resnet", "input": (1, 30_000, 30_000)}, "bytes for its maps"),
        ({"classes": 9}, "digits has 10 classes"),
    ],
)
def test_weights_with_a_hostile_spec(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    spec = SPEC.replace(**changes)
    shapes = tensors_of(ha.build(spec))
    _stored(tmp_path / "w", {key: torch.zeros(shape) for key, shape in shapes.items()}, spec)
    with pytest.raises(ha.HenetArchError, match=message):
        evaluate(tmp_path / "w")


def test_a_counter_of_another_shape_is_not_loaded(tmp_path: Path) -> None:
    state = to_torch(SPEC).state_dict()
    counters = [key for key in state if key.endswith("num_batches_tracked")]
    _stored(tmp_path / "w", state | {key: torch.zeros(3) for key in counters})
    assert counters
    assert evaluate(tmp_path / "w").score.images == 360


def test_large_images_are_tested_in_small_batches() -> None:
    assert batch_of(ha.build(SPEC)) == 500
    graph = ha.build(SPEC.replace(input=(1, 1000, 1000)))
    bytes_of_one = ha.analyze(graph).memory.peak_bytes
    assert 1 < batch_of(graph) < 500
    assert batch_of(graph) * bytes_of_one <= MOST_BYTES < (batch_of(graph) + 1) * bytes_of_one


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


def test_settings_out_of_bounds() -> None:
    for wrong in ({"epochs": 0}, {"batch": 0}, {"seed": -1}, {"rate": -0.1}):
        with pytest.raises(TrainError, match=next(iter(wrong))):
            Settings(**wrong)
    with pytest.raises(ha.HenetArchError, match="unknown schedule 'fast'"):
        Settings(schedule="fast")


class TestCommands:
    """The command line over all this."""

    @pytest.fixture
    def spec(self, tmp_path: Path) -> str:
        path = tmp_path / "net.json"
        path.write_text(SPEC.model_dump_json())
        return str(path)

    @pytest.mark.slow
    def test_train_and_evaluate(self, spec: str) -> None:
        ended = run("train", spec, "--epochs", "1", "--name", "tiny", "--curves", "png")
        assert ended.code == 0, ended.err
        assert Path("tiny-digits/curves.png").read_bytes().startswith(b"\x89PNG")
        assert "mean accuracy" in ended.out
        assert "confusion" in ended.out
        assert "step 11 of 11: loss" in ended.err
        assert "tiny-digits/ holds checkpoint.safetensors" in ended.err
        again = run("train", spec, "--epochs", "1", "--name", "tiny")
        assert again.code == 3
        assert "--resume" in again.err
        tested = run("evaluate", "tiny-digits/weights.safetensors", "-f", "json")
        assert json.loads(tested.out)["images"] == 360
        assert "360 test images" in run("evaluate", "tiny-digits/weights.safetensors").out

    def test_missing_data(self, spec: str) -> None:
        ended = run("train", spec, "--data", "cifar10")
        assert ended.code == 3
        assert "cifar-10-binary.tar.gz" in ended.err
        assert "--data-dir" in ended.err

    def test_wrong_words(self, spec: str) -> None:
        for option, word in (("--data", "mnist"), ("--schedule", "slow"), ("--init", "zero")):
            ended = run("train", spec, option, word)
            assert ended.code == 2
            assert "unknown" in ended.err

    @pytest.mark.parametrize(
        ("command", "package"),
        [
            (("train",), "lightning"),
            (("evaluate",), "torch"),
            (("verify",), "torch"),
            (("time", "henet-r2"), "torch"),
        ],
    )
    def test_missing_extras(
        self, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], package: str
    ) -> None:
        monkeypatch.setitem(sys.modules, package, None)
        ended = run(*command)
        assert ended.code == 3
        assert f"{package} cannot be imported" in ended.err
        assert "pip install 'henet-arch[" in ended.err


@pytest.mark.parametrize("key", ["features_only", "softmax"])
def test_maps_and_probabilities_are_not_trained(tmp_path: Path, key: str) -> None:
    with pytest.raises(TrainError, match="a loss needs one score for each class"):
        train(SPEC.replace(**{key: True}), SHORT, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_auxiliary_outputs_weigh_less() -> None:
    labels = torch.tensor([1, 0])
    main, other = torch.rand(2, 3), torch.rand(2, 3)
    alone = torch.nn.functional.cross_entropy
    assert cost(main, labels) == alone(main, labels)
    expected = alone(main, labels) + 0.3 * alone(other, labels) * 2
    torch.testing.assert_close(cost((main, other, other), labels), expected)
