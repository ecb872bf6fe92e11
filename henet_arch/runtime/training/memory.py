"""One stretch of memory for a step: aligned, in huge pages where the system has them."""

from __future__ import annotations

import ctypes
import mmap
import os
from contextlib import suppress
from pathlib import Path

from ...support.errors import LimitError

_HUGE = 2 * 1024**2
"""Bytes of a huge page, and what the stretch is aligned to."""

_OWN = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}
"""Memory of this process alone: what is shared gets no huge pages."""


class Stretch:
    """So many bytes of zeros.

    Raises:
        LimitError: the machine does not have them.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        free = _free()
        if size > free:
            raise _too_much(size, f"the machine has {_shown(free)}")
        try:
            self._map = mmap.mmap(-1, size + _HUGE, **_OWN)
        except (OSError, ValueError, OverflowError, MemoryError):
            raise _too_much(size, "the system gives no more to this process") from None
        if hasattr(mmap, "MADV_HUGEPAGE"):
            with suppress(OSError):  # of a system without them
                self._map.madvise(mmap.MADV_HUGEPAGE)
        self._held = ctypes.c_char.from_buffer(self._map)
        start = ctypes.addressof(self._held)
        self.address = start + -start % _HUGE


def _free() -> int:
    """Bytes of memory that are free, or all where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        (line,) = (line for line in lines if line.startswith("MemAvailable:"))
        return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _too_much(size: int, why: str) -> LimitError:
    return LimitError(
        f"a training step of this batch needs {_shown(size)}", why=why, fix="a smaller batch"
    )


def _shown(size: int) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 10**9 else f"{size / 1e6:,.1f} MB"
