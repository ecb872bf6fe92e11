"""One stretch of memory for a step: aligned, in huge pages where the system has them."""

from __future__ import annotations

import ctypes
import mmap
from contextlib import suppress

from ..memory import check_memory, too_much

_HUGE = 2 * 1024**2
"""Bytes of a huge page, and what the stretch is aligned to."""

_OWN = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}
"""Memory of this process alone: what is shared gets no huge pages."""


class Stretch:
    """So many bytes of zeros, for a step of so many images.

    Raises:
        LimitError: the machine does not have them.
    """

    def __init__(self, size: int, images: int) -> None:
        self.size = size
        check_memory(size, images)
        try:
            self._map = mmap.mmap(-1, size + _HUGE, **_OWN)
        except (OSError, ValueError, OverflowError, MemoryError):
            raise too_much(size, images, "the system gives no more to this process") from None
        if hasattr(mmap, "MADV_HUGEPAGE"):
            with suppress(OSError):  # of a system without them
                self._map.madvise(mmap.MADV_HUGEPAGE)
        self._held = ctypes.c_char.from_buffer(self._map)
        start = ctypes.addressof(self._held)
        self.address = start + -start % _HUGE
