"""A command for each of several files, as a hook of pre-commit runs it."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace

import pytest

from henet_arch.cli import each


@pytest.mark.parametrize(
    ("codes", "largest"), [([0, 0], 0), ([1, 0], 1), ([0, -9], 137), ([3, -11], 139)]
)
def test_the_code_is_the_largest_and_a_signal_is_no_success(
    codes: list[int], largest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = iter(codes)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=next(left)))
    assert each.main(["lint", "--", "a.toml", "b.toml"]) == largest
