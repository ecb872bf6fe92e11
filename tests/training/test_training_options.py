"""What a training can be told besides: smoothed labels, averaged weights, patience, TensorBoard."""

from __future__ import annotations

import csv
import struct
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cli.run import run
from hypothesis import given
from hypothesis import strategies as st

import henet_arch as ha
from henet_arch.support.errors import ExtraError, FileError, TrainError
from henet_arch.support.tensor_file import read_header

torch = pytest.importorskip("torch")
pytest.importorskip("lightning")
pytest.importorskip("sklearn")
pytestmark = pytest.mark.filterwarnings("ignore")

from training.runs import SHORT, SPEC, interrupting, same_weights, weights_of  # noqa: E402

from henet_arch.training import loop  # noqa: E402
from henet_arch.training.loop import train  # noqa: E402
from henet_arch.training.machine import Machine  # noqa: E402
from henet_arch.training.optimization.averaging import WeightAverage  # noqa: E402
from henet_arch.training.optimization.loss import cost  # noqa: E402
from henet_arch.training.optimization.patience import is_exhausted  # noqa: E402
from henet_arch.training.run import checkpoints  # noqa: E402
from henet_arch.training.settings import Settings  # noqa: E402

MODEL = ha.load(SPEC)


def test_smoothed_labels_are_a_mixture_with_all_classes() -> None:
    scores, labels = torch.randn(5, 4), torch.tensor([0, 1, 2, 3, 0])
    share = torch.full((5, 4), 0.1 / 4)
    share[range(5), labels] += 0.9
    expected = -(share * scores.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(cost(scores, labels, 0.1), expected)


def test_a_cutout_of_whole_images_is_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "read_data", lambda *_: pytest.fail("it reads"))
    with pytest.raises(TrainError, match="cutout = 99 hides whole images"):
        loop.train(MODEL, replace(SHORT, cutout=99), tmp_path / "run")
    assert not list(tmp_path.iterdir())


class TestAveragedWeights:
    """They are tested and kept beside the others, and go on where the training does."""

    SETTINGS = replace(SHORT, average_weights=0.8)

    @pytest.fixture(scope="class")
    def whole(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        folder = tmp_path_factory.mktemp("runs") / "whole"
        train(MODEL, self.SETTINGS, folder)
        return folder

    def test_they_follow_the_weights(self) -> None:
        module = torch.nn.BatchNorm1d(2)
        average = WeightAverage(module, 0.8)
        tensors = [module.weight.data, module.running_mean, module.running_var]
        expected = [tensor.clone() for tensor in tensors]
        for step in range(1, 60):
            for tensor in tensors:
                tensor += torch.randn(2)
            average.on_train_batch_end(_At(step), None, None, None, 0)
            kept = min(0.8, (1 + step) / (10 + step))
            expected = [kept * e + (1 - kept) * t for e, t in zip(expected, tensors, strict=True)]
        names = ["weight", "running_mean", "running_var"]
        torch.testing.assert_close([average.state[name] for name in names], expected)
        before = [tensor.clone() for tensor in tensors]
        with average.applied():
            torch.testing.assert_close(tensors, expected)
        assert all(map(torch.equal, tensors, before))

    def test_both_are_tested_and_kept(self, whole: Path) -> None:
        rows = list(csv.DictReader((whole / "metrics.csv").read_text().splitlines()))
        for name, key, column in (
            ("weights", "last", "test_accuracy"),
            ("averaged", "averaged", "averaged_accuracy"),
        ):
            path = whole / f"{name}.safetensors"
            assert f'"weights": "{key}"' in read_header(path).metadata["henet_arch"]
            accuracy = ha.evaluate(path).score.accuracy
            assert accuracy == pytest.approx(float(rows[-1][column]))
        plain, averaged = (weights_of(whole, name) for name in ("weights", "averaged"))
        assert list(plain) == list(averaged)
        assert "averaged weights" in (whole / "curves.svg").read_text("utf-8")
        assert not torch.equal(plain["stem.conv.weight"], averaged["stem.conv.weight"])

    def test_training_is_the_same_without_them(self, whole: Path, tmp_path: Path) -> None:
        train(MODEL, SHORT, tmp_path / "run")
        assert same_weights(tmp_path / "run", whole)
        assert not (tmp_path / "run" / "averaged.safetensors").exists()
        assert "averaged weights" not in (tmp_path / "run" / "curves.svg").read_text("utf-8")

    def test_they_go_on_bit_for_bit(self, whole: Path, tmp_path: Path) -> None:
        assert not train(MODEL, self.SETTINGS, tmp_path, watch=interrupting(5)).finished
        assert train(MODEL, self.SETTINGS, tmp_path, resume=True).finished
        for name in ("weights", "averaged"):
            assert same_weights(tmp_path, whole, name)
        with pytest.raises(TrainError, match=r"average_weights was 0\.8 and is now not said"):
            train(MODEL, SHORT, tmp_path, resume=True)

    @pytest.mark.parametrize("value", [None, {}, {"stem.conv.weight": 0.5}])
    def test_checkpoints_without_them_are_damaged(
        self, whole: Path, tmp_path: Path, value: object
    ) -> None:
        state = checkpoints.read(whole / "checkpoint.safetensors")
        state["callbacks"]["WeightAverage"] = value
        checkpoints.write(tmp_path / "checkpoint.safetensors", state)
        with pytest.raises(FileError, match="is damaged"):
            train(MODEL, self.SETTINGS, tmp_path, resume=True)


class _At:
    """A trainer after so many steps."""

    def __init__(self, step: int) -> None:
        self.global_step = step


@given(st.lists(st.integers(0, 5)), st.integers(1, 4))
def test_patience_counts_the_tests_since_the_best(scores: list[int], patience: int) -> None:
    rows: list[dict[str, Any]] = []
    for score in scores:
        rows += [{"test_accuracy": None}, {"test_accuracy": score / 5}]
    since_best = len(scores) - 1 - scores.index(max(scores)) if scores else 0
    assert is_exhausted(rows, patience) == (since_best >= patience)
    assert not is_exhausted(rows, None)


def test_a_training_ends_when_its_patience_does(tmp_path: Path) -> None:
    """At a rate that changes no weights, tests soon grow no better."""
    settings = Settings(epochs=30, rate=1e-20, patience=2)
    outcome = train(MODEL, settings, tmp_path)
    assert outcome.finished
    assert outcome.step < outcome.steps == 330
    assert is_exhausted(outcome.rows, 2)
    assert not is_exhausted(outcome.rows[:-1], 2)
    assert f"{outcome.step} of 330 (no test was better)" in str(outcome)
    before = (tmp_path / "metrics.csv").read_text()
    assert train(MODEL, settings, tmp_path, resume=True).step == outcome.step
    assert (tmp_path / "metrics.csv").read_text() == before


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("label_smoothing", 1.0),
        ("label_smoothing", -0.1),
        ("label_smoothing", float("nan")),
        ("average_weights", 0.0),
        ("average_weights", 1.0),
        ("patience", 0),
        *((key, "x") for key in ("rate", "holdout", "mixup", "cutout", "epochs")),
        *((key, "x") for key in ("label_smoothing", "average_weights", "patience", "seed")),
    ],
)
def test_options_out_of_bounds(key: str, value: Any) -> None:
    with pytest.raises(TrainError, match=f"{key} = "):
        Settings(**{key: value})


@pytest.mark.parametrize(
    "option", ["--rate", "--holdout", "--mixup", "--label-smoothing", "--average-weights"]
)
def test_words_for_numbers(option: str) -> None:
    outcome = run("train", option, "abc")
    assert (outcome.code, outcome.out) == (2, "")
    assert f"'{option}': 'abc' is not a number, such as 0." in outcome.err


@pytest.mark.parametrize(
    ("option", "value", "most"),
    [
        ("--rate", "0", "1,000,000"),
        ("--holdout", "1", "1"),
        ("--mixup", "-1", "100"),
        ("--label-smoothing", "1", "1"),
        ("--label-smoothing", "-0.1", "1"),
        ("--average-weights", "nan", "1"),
    ],
)
def test_numbers_out_of_bounds_are_named_as_they_are_given(
    option: str, value: str, most: str
) -> None:
    outcome = run("train", option, value, "-o", "run")
    assert (outcome.code, outcome.out) == (2, "")
    assert f"'{option}': {value} is not between 0 and {most}, such as " in outcome.err
    assert not Path("run").exists()


class TestTensorBoard:
    """Event files hold the rows of the log."""

    @pytest.mark.parametrize("log", ["tensorboard", "csv"])
    def test_rows_are_events(self, tmp_path: Path, log: str) -> None:
        """Those before a training goes on too, whatever its first log was."""
        events = pytest.importorskip("tensorboardX.proto.event_pb2")
        options: dict[str, Any] = {"machine": Machine(checkpoint_every=5)}
        watch = interrupting(8)
        assert not train(MODEL, SHORT, tmp_path, watch=watch, log=log, **options).finished
        options |= {"resume": True, "log": "tensorboard"}
        assert train(MODEL, SHORT, tmp_path, **options).finished
        found: dict[str, dict[int, float]] = {}
        for file in sorted((tmp_path / "tensorboard").iterdir()):
            for record in _records(file.read_bytes()):
                event = events.Event.FromString(record)
                for value in event.summary.value:
                    found.setdefault(value.tag, {})[event.step] = value.simple_value
        rows = list(csv.DictReader((tmp_path / "metrics.csv").read_text().splitlines()))
        for key in ("loss/train_loss", "accuracy/test_accuracy", "training/rate"):
            column = key.partition("/")[2]
            expected = {int(row["step"]): float(row[column]) for row in rows if row[column]}
            assert found[key] == pytest.approx(expected, rel=1e-6)

    def test_what_is_missing_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("henet_arch.training.run.tensorboard.find_spec", lambda name: None)
        monkeypatch.setitem(sys.modules, "tensorboardX", None)
        with pytest.raises(ExtraError) as caught:
            train(MODEL, SHORT, tmp_path / "run", log="tensorboard")
        assert caught.value.fix == "pip install 'henet-arch[tensorboard]'"
        assert not list(tmp_path.iterdir())

    def test_a_file_in_its_place_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / ".henet-arch-run").touch()
        (tmp_path / "tensorboard").write_text("mine")
        with pytest.raises(FileError, match="tensorboard is no folder"):
            train(MODEL, SHORT, tmp_path)


def _records(content: bytes) -> list[bytes]:
    """The records of a TFRecord file: a length, its checksum, as many bytes, their checksum."""
    records, place = [], 0
    while place < len(content):
        (length,) = struct.unpack_from("<Q", content, place)
        records.append(content[place + 12 : place + 12 + length])
        place += 16 + length
    return records


def test_the_command_has_them_all() -> None:
    ended = run(
        *("train", "--channels", "12,24", "--repeats", "1", "--input", "1x15x15", "--epochs", "2"),
        *("--label-smoothing", "0.1", "--average-weights", "0.9", "--patience", "1", "-o", "run"),
    )
    assert ended.code == 0, ended.err
    assert "averaged weights" in ended.out
    assert "averaged.safetensors" in ended.err
    assert run("train", "--patience", "0").code == 2
