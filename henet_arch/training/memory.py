"""How this process asks the system for memory, set before PyTorch asks for any."""

from __future__ import annotations

import ctypes
import os
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Parameters of glibc's `mallopt`."""
_ALWAYS = 2**30
"""Bytes; blocks up to this are kept when they are freed."""


def keep_memory() -> None:
    """Keep what is freed for the next step, and ask for large pages.

    A step of eager training frees and asks again for hundreds of megabytes, and the system clears
    every page anew. These settings are the process's and not a training's, so the command makes
    them and the library does not. They need glibc, and PyTorch on Linux; elsewhere nothing changes.
    """
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # read by PyTorch's allocator
    if sys.platform != "linux":
        return
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_MMAP_THRESHOLD, _ALWAYS)
        set_option(_TRIM_THRESHOLD, _ALWAYS)
