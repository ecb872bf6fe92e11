"""A run that several files of tests look at."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing interrupted; tests that would change its folder work on a copy."""
    # Imported here, since not all tests beside this file need Lightning.
    from training.runs import EVERY_3, SHORT, SPEC, train

    folder = tmp_path_factory.mktemp("runs") / "whole"
    outcome = train(SPEC, SHORT, folder, machine=EVERY_3)
    assert outcome.finished
    return folder
