"""Every "yes" of ours in the comparison with other tools is a command that works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from checkout import ROOT
from cli.run import run

PAGE = (ROOT / "docs" / "compared.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith(("| |", "| ---"))
]
COMMANDS = sorted({row[1].strip("`") for row in ROWS if row[1].startswith("`henet-arch")})
NETS = """
import torch
from torch import nn
from torch.nn import functional


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4, 3, 3, 3))

    def forward(self, x):
        return functional.conv2d(x, self.weight)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 2, 2)
        self.qkv = nn.Linear(8, 24)

    def forward(self, x):
        q, k, v = self.qkv(self.patches(x).flatten(2).transpose(1, 2)).chunk(3, dim=-1)
        return functional.scaled_dot_product_attention(q, k, v)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, 8, batch_first=True)

    def forward(self, x):
        return self.lstm(x.flatten(2).transpose(1, 2))[0]
"""


def test_the_table_has_a_cell_for_each_tool() -> None:
    assert len(ROWS) > 30
    assert {len(row) for row in ROWS} == {9}
    assert len(COMMANDS) > 20


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_what_we_say_that_we_do_we_do(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    Path("nets.py").write_text(NETS)
    monkeypatch.syspath_prepend(".")
    for name in re.findall(r"analyze (net\.\w+)", command):
        assert run("emit", "henet-r2", "--output", name).code == 0
    code, out, err = run(*command.split()[1:])
    lint = " lint " in command  # which ends with 1 where it finds an error
    assert code == 0 or (lint and code == 1), err
    assert out or err
    assert not re.search("unknown (MACs|cost)", out)


def test_what_we_say_that_we_do_not_count_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    Path("nets.py").write_text(NETS)
    monkeypatch.syspath_prepend(".")
    code, out, _ = run("analyze", "nets:Recurrent", "--input", "8x4x4")
    assert code == 0
    assert "576" in out
    assert "unknown" in out
