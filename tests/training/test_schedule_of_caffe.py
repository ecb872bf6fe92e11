"""The paper's schedule updates, averages, reads and tests as Caffe does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

import henet_arch as ha
from henet_arch.papers.training import PAPER
from henet_arch.support.errors import TrainError

torch = pytest.importorskip("torch")
pytest.importorskip("lightning")
pytest.importorskip("sklearn")
pytestmark = pytest.mark.filterwarnings("ignore")

from training.runs import SPEC, interrupting, same_weights  # noqa: E402

from henet_arch.training.data import Feeder, Pixels, Split  # noqa: E402
from henet_arch.training.images.stream import Stream  # noqa: E402
from henet_arch.training.loop import train  # noqa: E402
from henet_arch.training.optimization import optimizer, statistics  # noqa: E402
from henet_arch.training.run import checkpoints  # noqa: E402
from henet_arch.training.schedules import SCHEDULES, Schedule  # noqa: E402
from henet_arch.training.settings import Settings  # noqa: E402

MODEL = ha.load(SPEC)


def _caffe(gradients: list[Any], rates: list[float], weight: Any, decay: float) -> Any:
    """Caffe's Nesterov solver: step back by the old history, then over by the new one."""
    history = torch.zeros_like(weight)
    for gradient, rate in zip(gradients, rates, strict=True):
        before = history
        history = 0.9 * history + rate * (gradient + decay * weight)
        weight = weight - ((1 + 0.9) * history - 0.9 * before)
    return weight


@examples(20)
@given(st.lists(st.floats(1e-4, 1), min_size=1, max_size=9), st.integers(0, 99))
def test_momentum_of_updates_is_caffes_at_every_change_of_the_rate(
    rates: list[float], seed: int
) -> None:
    random = torch.Generator().manual_seed(seed)
    module = torch.nn.Linear(3, 2).double()
    starts = [parameter.detach().clone() for parameter in module.parameters()]
    gradients = [[torch.randn(p.shape, generator=random).double() for p in starts] for _ in rates]
    plan = replace(SCHEDULES["paper"], weight_decay=0.01)
    descent = optimizer.descent(module, plan, rates[0], module.bias)
    for step, rate in enumerate(rates):
        optimizer.set_rate(descent, plan, rate, rates[step - 1] if step else None)
        for parameter, gradient in zip(module.parameters(), gradients[step], strict=True):
            parameter.grad = gradient.clone()
        descent.step()
    for index, (factor, decay) in enumerate(((1, 0.01), (2, 0.0))):  # of the weight, of the bias
        expected = _caffe(
            [each[index] for each in gradients], [factor * r for r in rates], starts[index], decay
        )
        torch.testing.assert_close(list(module.parameters())[index].detach(), expected)


def test_momentum_of_gradients_is_pytorchs() -> None:
    module = torch.nn.Linear(3, 2)
    descent = optimizer.descent(module, SCHEDULES["quick"], 0.1, module.bias)
    for parameter in module.parameters():
        parameter.grad = torch.ones_like(parameter)
    descent.step()
    before = [state["momentum_buffer"].clone() for state in descent.state.values()]
    optimizer.set_rate(descent, SCHEDULES["quick"], 0.01, 0.1)
    after = [state["momentum_buffer"] for state in descent.state.values()]
    assert all(map(torch.equal, before, after))
    assert [group["lr"] for group in descent.param_groups] == [0.01, 0.02]


def test_batch_norms_average_as_caffes_do() -> None:
    norm = torch.nn.BatchNorm2d(3).double()
    total, spread, weight = torch.zeros(3).double(), torch.zeros(3).double(), 0.0
    for step in range(20):
        images = torch.randn(4, 3, 5, 5).double() + step
        statistics.average(torch.nn.Sequential(norm), 0.9, step)
        norm(images)
        weight = 0.9 * weight + 1
        total = 0.9 * total + images.mean((0, 2, 3))
        spread = 0.9 * spread + images.var((0, 2, 3))
        torch.testing.assert_close(norm.running_mean, total / weight)
        torch.testing.assert_close(norm.running_var, spread / weight)


def _stream(images: int, batch: int, start: int) -> Stream:
    pixels = torch.zeros(images, 2, 2, 1, dtype=torch.uint8)
    feeder = Feeder(Split(pixels, torch.arange(images)), (1, 2, 2), Pixels((0.0,), (1.0,)))
    stream = Stream(feeder, batch, 0, augmented=False, passes="endless")
    stream.start = start
    return stream


@examples(20)
@given(st.integers(1, 9), st.integers(1, 12), st.integers(0, 20))
def test_endless_passes_leave_no_image_out(images: int, batch: int, start: int) -> None:
    batches = iter(_stream(images, batch, 0))
    size = min(batch, images)
    steps = start + images
    seen = [label for _ in range(steps) for label in next(batches)[1].tolist()]
    for first in range(0, len(seen) - images + 1, images):
        assert sorted(seen[first : first + images]) == list(range(images))
    resumed = next(iter(_stream(images, batch, start)))[1].tolist()
    assert resumed == seen[start * size : (start + 1) * size]
    assert _stream(images, batch, 0).epochs(images) == size


def test_the_schedules_conventions() -> None:
    paper, quick = SCHEDULES["paper"].conventions(), SCHEDULES["quick"].conventions()
    assert quick == Schedule("", 0, float).conventions()
    assert paper == quick | {
        "momentum_of": "updates",
        "passes": "endless",
        "kept_statistics": 0.999,
        "test_every": PAPER.test_every,
    }


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The paper's schedule in 13 steps, whose rate drops after 6.4 and 9.6 of them."""
    plan = replace(SCHEDULES["paper"], iterations=13, test_every=4)
    monkeypatch.setitem(SCHEDULES, "paper", plan)
    return Settings(schedule="paper")


def test_tests_are_as_many_steps_apart_as_the_schedule_says(
    short: Settings, tmp_path: Path
) -> None:
    outcome = train(MODEL, short, tmp_path / "run")
    tested = [row for row in outcome.rows if row["test_accuracy"] is not None]
    assert [row["step"] for row in tested] == [4, 8, 12, 13]
    assert outcome.rows[-1]["epoch"] == pytest.approx(13 * 128 / 1437)
    assert outcome.mean_accuracy == pytest.approx(sum(r["test_accuracy"] for r in tested) / 4)


@pytest.mark.parametrize("step", [5, 6, 9])
@pytest.mark.slow
def test_a_run_that_is_broken_off_at_a_drop_ends_as_an_unbroken_one(
    short: Settings, tmp_path: Path, step: int
) -> None:
    assert train(MODEL, short, tmp_path / "whole").finished
    assert not train(MODEL, short, tmp_path / "broken", watch=interrupting(step)).finished
    assert train(MODEL, short, tmp_path / "broken", resume=True).finished
    assert same_weights(tmp_path / "whole", tmp_path / "broken")


def test_a_run_of_the_paper_schedule_as_it_was_is_not_gone_on_with(
    short: Settings, tmp_path: Path
) -> None:
    """Earlier versions tested after each pass, and had PyTorch's momentum."""
    train(MODEL, short, tmp_path)
    state = checkpoints.read(tmp_path / "checkpoint.safetensors")
    del state["conventions"]
    checkpoints.write(tmp_path / "checkpoint.safetensors", state)
    with pytest.raises(TrainError, match="the checkpoint has momentum_of = 'gradients'"):
        train(MODEL, short, tmp_path, resume=True)
