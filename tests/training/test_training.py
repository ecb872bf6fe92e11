"""Training learns by its schedule and settings, on its devices, and says what is wrong."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
from cli.run import run

import henet_arch as ha
from henet_arch.cli import completion
from henet_arch.ir import layers
from henet_arch.ir.graph import GraphBuilder
from henet_arch.ir.layer import Layer
from henet_arch.support.errors import DataError, TrainError, UnknownNameError

pytest.importorskip("numpy")
pytest.importorskip("lightning")
pytestmark = pytest.mark.filterwarnings("ignore")

from training.runs import SHORT, SPEC, same_weights, train  # noqa: E402

from henet_arch.runtime.torch.module import to_torch  # noqa: E402
from henet_arch.training import loop  # noqa: E402
from henet_arch.training.machine import DEVICES, Machine  # noqa: E402
from henet_arch.training.optimization.loss import cost  # noqa: E402
from henet_arch.training.run import checkpoints  # noqa: E402
from henet_arch.training.schedules import SCHEDULES  # noqa: E402
from henet_arch.training.settings import Settings  # noqa: E402


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
    assert same_weights(whole, tmp_path / "again")
    train(SPEC, Settings(epochs=2, seed=1), tmp_path / "other")
    assert not same_weights(whole, tmp_path / "other")


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
    again = ha.evaluate(tmp_path / "run" / "weights.safetensors")
    assert again.score.accuracy == pytest.approx(found["accuracy"], abs=0.01)


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


def test_other_classes_than_the_data_has(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="digits has 10 classes, and the network 7 outputs"):
        train(SPEC.replace(classes=7), SHORT, tmp_path / "run")


@pytest.mark.parametrize("last", [torch.nn.Softmax(1), torch.nn.Sigmoid()])
def test_probabilities_behind_which_nothing_is_changed_are_not_trained(
    tmp_path: Path, last: torch.nn.Module
) -> None:
    body = [torch.nn.Conv2d(1, 10, 8), torch.nn.Flatten(), last, torch.nn.Dropout(0.1)]
    model = ha.load(torch.nn.Sequential(*body), (1, 8, 8))
    with pytest.raises(TrainError, match="gives probabilities"):
        train(model, SHORT, tmp_path / "run")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("key", ["features_only", "softmax"])
def test_maps_and_probabilities_are_not_trained(tmp_path: Path, key: str) -> None:
    with pytest.raises(TrainError, match="a loss needs one score for each class"):
        train(SPEC.replace(**{key: True}), SHORT, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("words", [{"log": "tensorbord"}, {"curves": "jpg"}])
def test_forms_that_are_none(tmp_path: Path, words: dict[str, str]) -> None:
    with pytest.raises(UnknownNameError, match="unknown form of the"):
        train(SPEC, SHORT, tmp_path / "run", **words)
    assert not list(tmp_path.iterdir())


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


def test_auxiliary_outputs_weigh_less() -> None:
    labels = torch.tensor([1, 0])
    main, other = torch.rand(2, 3), torch.rand(2, 3)
    alone = torch.nn.functional.cross_entropy
    assert cost(main, labels) == alone(main, labels)
    expected = alone(main, labels) + 0.3 * alone(other, labels) * 2
    torch.testing.assert_close(cost((main, other, other), labels), expected)
