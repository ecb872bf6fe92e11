"""Small C programs that measure the machine."""

from __future__ import annotations

import ctypes
import tempfile
from pathlib import Path

from ..c.compiler import NATIVE, compiler
from ..c.shared import loaded

CLOCK = """
#include <stddef.h>
#include <stdint.h>
#include <time.h>
static double ns(struct timespec from, struct timespec to)
{
    return (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
}
"""
"""What each of them begins with: nanoseconds between two times."""


def probe(source: str, flags: tuple[str, ...] = NATIVE) -> ctypes.CDLL:
    """The compiled `source`, which begins with `CLOCK`.

    Raises:
        CompileError: there is no compiler, or it fails.
        RunError: the folder for temporary files allows no programs.
    """
    with tempfile.TemporaryDirectory() as folder:
        text, library = Path(folder) / "probe.c", Path(folder) / "probe.so"
        text.write_text(CLOCK + source, encoding="utf-8")
        compiler().compile(text, library, flags)
        return loaded(str(library), "the program that measures", "TMPDIR")
