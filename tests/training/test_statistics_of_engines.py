"""Trainings by both engines end alike: over many steps rounding alone makes each one its own."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

import henet_arch as ha

pytest.importorskip("lightning")
pytest.importorskip("sklearn")
scipy = pytest.importorskip("scipy.stats")
pytestmark = pytest.mark.filterwarnings("ignore")

from henet_arch.training.loop import train  # noqa: E402
from henet_arch.training.machine import Machine  # noqa: E402
from henet_arch.training.settings import Settings  # noqa: E402

MODEL = ha.load(ha.Spec(name="small", channels=(12, 24), repeats=1, input=(1, 15, 15)))
SEEDS = range(6)
SURE = 0.01
"""The chance that six and six runs of one kind are told apart, by the test of Mann and Whitney."""


class Ends(NamedTuple):
    """How short trainings end, one for each seed."""

    accuracies: list[float]
    losses: list[float]
    """Of the last pass over the training images."""


def _ends(folder: Path, engine: str, rate: float) -> Ends:
    ends = Ends([], [])
    for seed in SEEDS:
        settings = Settings(epochs=4, seed=seed, rate=rate)
        outcome = train(MODEL, settings, folder / f"{seed}", machine=Machine(engine=engine))
        ends.accuracies.append(outcome.accuracies[-1])
        ends.losses.append(outcome.rows[-1]["train_loss"])
    return ends


@pytest.mark.slow
def test_the_engines_cannot_be_told_apart_and_another_rate_can(tmp_path: Path) -> None:
    torch = _ends(tmp_path / "torch", "torch", 0.1)
    native = _ends(tmp_path / "native", "native", 0.1)
    slower = _ends(tmp_path / "slower", "native", 0.03)
    for one, other in zip(torch, native, strict=True):
        assert scipy.mannwhitneyu(one, other).pvalue > SURE, (torch, native)
    assert scipy.mannwhitneyu(torch.losses, slower.losses).pvalue < SURE, (torch, slower)
