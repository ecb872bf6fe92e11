"""`henet-arch --help-all` is the help of every command."""

from __future__ import annotations

import re

import pytest
from cli.run import run

from henet_arch.cli.app import _COMMANDS


def test_it_is_the_help_of_the_app_and_then_of_each_command() -> None:
    code, out, _ = run("--help-all")
    helps = [run("--help")[1], *(run(name, "--help")[1] for name in _COMMANDS)]
    assert code == 0
    # Under pytest the program has a longer name, which wraps a line of its own.
    assert (
        out.split() == re.sub(r"Usage: .*?henet-arch", "Usage: henet-arch", " ".join(helps)).split()
    )


def test_it_fits_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert max(map(len, run("--help-all")[1].splitlines())) <= 60
