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
    """Without the settings such a system gives none."""
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True)
    assert int(ran.stdout) > 60 * 2**10
