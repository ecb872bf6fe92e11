"""A second of each fuzzer; `make fuzz SECONDS=3600 SEED=1` goes on for an hour."""

from __future__ import annotations

import os
from typing import Any

import pytest
from examples import examples
from fuzz.properties import PROPERTIES
from hypothesis import HealthCheck, given


@pytest.mark.slow
@pytest.mark.parametrize("name", PROPERTIES)
def test_whatever_the_input_is(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, check, usual = PROPERTIES[name]
    monkeypatch.setenv("MPLBACKEND", "agg")
    assert os.environ["HENET_ARCH_CACHE"]
    settings = examples(max(2, usual // 4), deadline=None, suppress_health_check=list(HealthCheck))
    attempt: Any = given(inputs)(check)  # type: ignore[arg-type]
    settings(attempt)()
