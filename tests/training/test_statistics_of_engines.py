"""Trainings by both engines end alike: over many steps rounding alone makes each one its own."""

from __future__ import annotations

from pathlib import Path

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


def _accuracies(folder: Path, engine: str, rate: float) -> list[float]:
    """The mean accuracy of a short training for each seed."""
    found = []
    for seed in SEEDS:
        settings = Settings(epochs=4, seed=seed, rate=rate)
        outcome = train(MODEL, settings, folder / f"{seed}", machine=Machine(engine=engine))
        found.append(outcome.accuracies[-1])
    return found


@pytest.mark.slow
def test_the_engines_cannot_be_told_apart_and_another_rate_can(tmp_path: Path) -> None:
    torch = _accuracies(tmp_path / "torch", "torch", 0.1)
    native = _accuracies(tmp_path / "native", "native", 0.1)
    slower = _accuracies(tmp_path / "slower", "native", 0.02)
    assert scipy.mannwhitneyu(torch, native).pvalue > SURE, (torch, native)
    assert scipy.mannwhitneyu(torch, slower).pvalue < SURE, (torch, slower)
