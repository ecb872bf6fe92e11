"""How fast one core reads and writes memory."""

from __future__ import annotations

import ctypes
import os

from ..c.compiler import NATIVE
from .probe import probe

_SOURCE = """
double triad(float *restrict a, const float *b, const float *c, size_t count)
{
    struct timespec from, to;
    timespec_get(&from, TIME_UTC);
    for (size_t i = 0; i < count; i++)
        a[i] = b[i] + 3 * c[i];
    timespec_get(&to, TIME_UTC);
    return 12.0 * (double)count / ns(from, to);
}
"""
_SMALLEST, _LARGEST = 64 << 20, 256 << 20


def array_bytes() -> int:
    """Bytes of each of three arrays: four times the last cache, from 64 to 256 MiB."""
    try:
        cache = os.sysconf("SC_LEVEL3_CACHE_SIZE")
    except (AttributeError, ValueError, OSError):
        cache = 0
    return min(max(4 * cache, _SMALLEST), _LARGEST)


def bandwidth(size: int | None = None, rounds: int = 10) -> float:
    """GB/s of a triad of three arrays of `size` bytes, the best of `rounds`.

    Two arrays are read and one is written; that a processor may read a line before it writes it is
    not counted.

    Raises:
        CompileError: there is no compiler, or it fails.
    Source: McCalpin's STREAM, its triad.
    """
    run = probe(_SOURCE, NATIVE).triad
    run.restype = ctypes.c_double
    size = size or array_bytes()
    arrays = [ctypes.create_string_buffer(size) for _ in range(3)]
    for array in arrays:
        ctypes.memset(array, 0, size)  # each page is there before it is timed
    best: float = max(run(*arrays, ctypes.c_size_t(size // 4)) for _ in range(rounds))
    return best
