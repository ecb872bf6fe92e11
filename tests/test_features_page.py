"""The pyramid of docs/features.md runs over the module that its command emits, and prints that."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

from checkout import ROOT
from cli.run import run

PAGE = (ROOT / "docs" / "features.md").read_text(encoding="utf-8")


def _block(language: str, start: str) -> str:
    blocks: list[str] = re.findall(rf"(?s)```{language}\n(.*?)```", PAGE)
    return next(text for text in blocks if text.startswith(start))


def test_a_pyramid_over_an_emitted_module(tmp_path: Path) -> None:
    command = shlex.split(_block("sh", "henet-arch emit"))
    assert run(*command[1:]).code == 0
    (tmp_path / "fpn.py").write_text(_block("python", "import torch"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "fpn.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == (_block("text", "8 "), "")
