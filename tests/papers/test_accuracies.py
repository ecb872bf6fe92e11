"""Runs beside the paper's accuracies, and which of its claims hold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pytest
from cli.run import run

import henet_arch as ha
from henet_arch.importers.weights import weight_bytes
from henet_arch.ir.tensors import tensors_of
from henet_arch.papers.accuracies import Accuracies, Spread
from henet_arch.papers.runs import Run, read_runs
from henet_arch.papers.tables import paper_networks

np = pytest.importorskip("numpy")
scipy = pytest.importorskip("scipy.stats")
pytest.importorskip("safetensors")

NAMES = ("henet-r2", "henet-r3", "henet-r4", *(f"shufflenet-r{n}" for n in (2, 3, 4, 5)))
PAPER = {"data": "cifar10", "schedule": "paper", "batch": 128, "rate": None, "init": None}
HEADER = "step,test_accuracy"


def _run(
    folder: Path, name: str, accuracies: Sequence[float], step: int = 65_000, **training: Any
) -> Path:
    """A folder as `train` leaves it, of a run whose last tests were so (in percent)."""
    folder.mkdir(parents=True)
    model = ha.load(name)
    tensors = {key: np.zeros(shape, np.float32) for key, shape in tensors_of(model.graph).items()}
    settings = {**PAPER, "seed": 0, **training}
    (folder / "weights.safetensors").write_bytes(weight_bytes(tensors, model, settings))
    rows = [HEADER, "1000,0.1", "1500,"]
    rows += [f"{step - 1000 * n},{a / 100}" for n, a in reversed(list(enumerate(accuracies)))]
    (folder / "metrics.csv").write_text("\n".join(rows))
    return folder


def _runs(folder: Path, means: dict[str, Sequence[float]], **training: Any) -> Path:
    """A run for each network and seed, with its mean accuracy."""
    for name, accuracies in means.items():
        for seed, value in enumerate(accuracies):
            tests = [value + change for change in (-0.2, -0.1, 0, 0.1, 0.2)]
            _run(folder / f"{name}-{seed}", name, tests, seed=seed, **training)
    return folder


def _verdicts(folder: Path, milliseconds: dict[str, float] | None = None) -> dict[str, str]:
    claims = Accuracies(read_runs([folder]), milliseconds).claims
    return {claim.text: claim.verdict for claim in claims}


BETTER = [f"henet-r{n} is better than shufflenet-r{n}" for n in (2, 3, 4)]
EQUAL = "henet-r2 is equal to shufflenet-r5"
THIRD = "henet-r2 takes a third of the time of shufflenet-r5"


def _as_printed(spread: float) -> dict[str, Sequence[float]]:
    printed = {n.name: n.accuracy for n in paper_networks() if n.table == "3"}
    return {name: [printed[name] + d for d in (-spread, 0, spread)] for name in NAMES}


def test_settings_that_differ_from_the_schedule_are_told(tmp_path: Path) -> None:
    for word, options, is_paper in (
        (
            "plain",
            {"augment": None, "balanced": False, "split": "0123", "average_weights": 0.9},
            True,
        ),
        ("never", {"augment": False}, False),
        ("said", {"rate": 0.01}, True),
        ("faster", {"rate": 0.1}, False),
        ("smooth", {"label_smoothing": 0.1}, False),
    ):
        (run_,) = read_runs([_run(tmp_path / word, "henet-r2", [80.0], **options)])
        assert isinstance(run_, Run)
        assert run_.is_as_in_the_paper is is_paper


def test_the_papers_own_figures_hold_its_claims(tmp_path: Path) -> None:
    verdicts = _verdicts(_runs(tmp_path, _as_printed(0.2)))
    assert verdicts == dict.fromkeys((*BETTER, EQUAL), "holds") | {THIRD: "missing"}


def test_a_wide_spread_decides_nothing(tmp_path: Path) -> None:
    verdicts = _verdicts(_runs(tmp_path, _as_printed(3.0)))
    assert set(verdicts.values()) == {"undecided", "missing"}


def test_claims_that_do_not_hold(tmp_path: Path) -> None:
    means = _as_printed(0.1) | {"shufflenet-r2": [95, 95.1, 94.9], "shufflenet-r5": [85, 85.1]}
    verdicts = _verdicts(_runs(tmp_path, means), {"henet-r2": 4.0, "shufflenet-r5": 10.0})
    assert verdicts[BETTER[0]] == verdicts[EQUAL] == verdicts[THIRD] == "does not hold"
    assert verdicts[BETTER[1]] == "holds"


def test_the_time_is_a_third() -> None:
    for ours, verdict in ((3.47, "holds"), (3.6, "does not hold")):
        found = Accuracies([], {"henet-r2": ours, "shufflenet-r5": 10.0})
        assert {c.text: c.verdict for c in found.claims}[THIRD] == verdict


def test_one_seed_and_no_run_are_said(tmp_path: Path) -> None:
    folder = _runs(tmp_path, {"henet-r2": [88.5], "shufflenet-r2": [87.0]})
    verdicts = _verdicts(folder)
    assert verdicts[BETTER[0]] == "undecided"
    assert verdicts[BETTER[1]] == verdicts[EQUAL] == "missing"
    ended = run("reproduce", "--trained", str(folder))
    assert ended.code == 0, ended.err
    assert "one seed each" in ended.out
    assert "not trained: henet-r3, henet-r4" in ended.out


def test_intervals_are_students(tmp_path: Path) -> None:
    """Of two networks alone, pooled, as scipy's own test has them."""
    one, other = [88.1, 88.9, 88.4], [87.0, 87.9, 87.1]
    runs = read_runs([_runs(tmp_path, {"henet-r2": one, "shufflenet-r2": other})])
    found = Accuracies(runs, None)
    spread = Spread.of(found.trained)
    assert spread
    interval = scipy.ttest_ind(one, other).confidence_interval(0.95)
    half = spread.half_width(3, 3)
    difference = mean(one) - mean(other)
    assert (difference - half, difference + half) == pytest.approx((interval.low, interval.high))
    assert found.claims[0].ours == f"{difference:+.2f} ± {half:.2f}"


def test_tables_and_json(tmp_path: Path) -> None:
    _runs(tmp_path / "runs", _as_printed(0.2))
    _runs(tmp_path / "more", {"henet-r2-c100": [61.0, 61.4]}, data="cifar100")
    _run(tmp_path / "cut", "henet-r3", [50.0], step=12_000, seed=9)
    _run(tmp_path / "own", "lenet5", [50.0], data="digits")
    folders = [str(tmp_path / name) for name in ("runs", "more", "cut", "own")]
    options = [word for folder in folders for word in ("--trained", folder)]
    ended = run("reproduce", *options)
    assert ended.code == 0, ended.err
    for text in ("Table 3: mean accuracy", "Table 4: mean accuracy", "the paper's claims"):
        assert text in ended.out
    assert "is not finished (step 12,000)" in " ".join(ended.out.split())
    figures = json.loads(run("reproduce", *options, "-f", "json").out)["accuracies"]
    by_name = {each["name"]: each for each in figures["networks"]}
    assert by_name["henet-r2"]["mean"] == pytest.approx(88.67)
    assert by_name["henet-r2"]["spread"] == pytest.approx(stdev([88.47, 88.67, 88.87]))
    assert by_name["henet-r2-c100"]["accuracies"] == pytest.approx({"0": 61.0, "1": 61.4})
    assert figures["as_in_the_paper"]
    assert list(figures["unfinished"].values()) == [12_000]


def test_a_run_that_was_killed_is_named(tmp_path: Path) -> None:
    """It has a checkpoint, perhaps a log, and no weights."""
    long = f"step,epoch\n500,{'1' * 200_000}\n"
    for name, log in (("begun", ""), ("cut", "step,epoch\n500,1.28\n"), ("damaged", long)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "checkpoint.safetensors").touch()
        if log:
            (tmp_path / name / "metrics.csv").write_text(log)
    _runs(tmp_path, {"henet-r2": [88.5]})
    for trained in (str(tmp_path), str(tmp_path / "cut")):
        ended = run("reproduce", "--trained", trained)
        assert ended.code == 0, ended.err
        assert "cut, which is not finished (step 500)" in " ".join(ended.out.split())
    assert "begun, which is not finished (step 0)" in " ".join(
        run("reproduce", "--trained", str(tmp_path)).out.split()
    )


def test_tables_without_a_run_to_compare_are_left_out(tmp_path: Path) -> None:
    _runs(tmp_path / "paper", {"henet-r2": [88.0]})
    _runs(tmp_path / "quick", {"henet-r2-c100": [60.0]}, data="cifar100", schedule="quick")
    folders = (word for name in ("paper", "quick") for word in ("--trained", name))
    figures = json.loads(run("reproduce", *folders, "-f", "json").out)["accuracies"]
    assert {each["table"] for each in figures["networks"]} == {"Table 3"}
    assert figures["trained_otherwise"] == {"quick/henet-r2-c100-0": {"schedule": "quick"}}


def test_other_strategies_are_said_and_not_mixed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _runs(tmp_path / "quick", {"henet-r2": [80.0]}, schedule="quick", finished=True)
    _runs(tmp_path / "paper", {"henet-r3": [89.0]})
    shown = run("reproduce", "--trained", str(tmp_path / "quick"))
    assert "were not trained with the paper's strategy" in " ".join(shown.out.split())
    mixed = run("reproduce", *(w for n in ("quick", "paper") for w in ("--trained", n)))
    assert mixed.code == 0
    assert "which was trained with schedule = quick" in " ".join(mixed.out.split())
    _runs(tmp_path / "smooth", {"henet-r4": [80.0]}, label_smoothing=0.1)
    monkeypatch.setattr("henet_arch.cli.reproduce._times", lambda *_: pytest.fail("it measures"))
    folders = (w for n in ("quick", "smooth") for w in ("--trained", n))
    unlike = run("reproduce", "--time", *folders)
    assert unlike.code == 3
    assert "trained with label_smoothing = None" in unlike.err
    twice = run("reproduce", *("--trained", "paper", "--trained", str(tmp_path / "paper")))
    assert "hold the same network, trained with seed 0" in twice.err


@pytest.mark.parametrize(
    "log", ["", HEADER, "a,b\n1,2", f"{HEADER}\n65000,high", f"{HEADER}\n65000,7"]
)
def test_logs_that_are_none(tmp_path: Path, log: str) -> None:
    folder = _run(tmp_path / "run", "henet-r2", [88.0])
    (folder / "metrics.csv").write_text(log)
    ended = run("reproduce", "--trained", str(folder))
    assert ended.code == 3
    assert ("holds no run that can be read" if log else "metrics.csv is empty") in ended.err


def test_what_cannot_be_held_against_the_paper(tmp_path: Path) -> None:
    assert run("reproduce", "--trained", "nothing").code == 3
    assert run("reproduce", "--trained", str(tmp_path)).code == 3
    ended = run("reproduce", "resnet", "--trained", str(tmp_path))
    assert ended.code == 2
    assert "no accuracies of resnet's paper" in ended.err
