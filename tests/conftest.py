"""Settings that all tests share, whatever the suite was started from."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from examples import examples
from hypothesis import HealthCheck, settings

INHERITED = (
    "FORCE_COLOR",
    "MAKEFLAGS",
    "MAKELEVEL",
    "MASTER_ADDR",
    "MASTER_PORT",
    "NO_COLOR",
    "PYTHONIOENCODING",
    "PYTHONOPTIMIZE",
    "PYTHONUTF8",
    "PYTHONWARNINGS",
    "RANK",
    "TTY_COMPATIBLE",
    "TTY_INTERACTIVE",
    "WORLD_SIZE",
)
"""What changes what programs print or do that tests start; a compiler may be chosen by CC."""
for _name in INHERITED:
    os.environ.pop(_name, None)

# Each worker of pytest-xdist has a core; PyTorch would start a thread for every core in each.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile(
    "default",
    examples(50),
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
settings.load_profile("default")


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Compiled networks are kept for this run only, by all its workers together."""
    place = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = place.parent
    os.environ["HENET_ARCH_CACHE"] = str(place / "cache")


@pytest.fixture(autouse=True, scope="session")
def _own_signals() -> Iterator[None]:
    """Ctrl-C interrupts tests and what they start, even where the suite is started to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    blocked = signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """80 columns, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
