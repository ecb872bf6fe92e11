"""The command keeps memory between steps, in large pages where the system has them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("lightning")
_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")

PROGRAM = """
import sys
from henet_arch.training.memory import keep_memory
if sys.argv[1] == "kept":
    keep_memory()
assert "torch" not in sys.modules
import torch
torch.ones(16 * 2**20)
images = torch.ones(16 * 2**20)
lines = open("/proc/self/smaps_rollup").read().splitlines()
print(next(line.split()[1] for line in lines if line.startswith("AnonHugePages")))
"""


@pytest.mark.skipif(
    not (_PAGES.is_file() and "[madvise]" in _PAGES.read_text()), reason="no pages to ask for"
)
def test_large_pages_are_asked_for() -> None:
    plain, kept = (
        int(subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True,
                           check=True).stdout)
        for how in ("plain", "kept")
    )  # fmt: skip
    assert kept - plain > 60 * 2**10
