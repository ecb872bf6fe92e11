"""Settings that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from examples import examples
from hypothesis import HealthCheck, settings

# Each worker of pytest-xdist has a core; PyTorch would start a thread for every core in each.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile(
    "default",
    examples(50),
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
settings.load_profile("default")

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Compiled networks are kept for this run only."""
    os.environ["HENET_ARCH_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """80 columns without colour, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
