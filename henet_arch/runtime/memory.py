"""Whether the machine has the memory for a training step."""

from __future__ import annotations

import os
from pathlib import Path

from ..support.errors import LimitError


def check_memory(size: int, images: int) -> None:
    """Refuse a batch that the machine has no memory for, and say which one it has.

    Args:
        size: Bytes that a step of the batch takes at least.
        images: Of the batch.

    Raises:
        LimitError: fewer bytes are free.
    """
    free = _free()
    if free is not None and size > free:
        raise too_much(size, images, f"the machine has {_shown(free)}", images * free // size)


def too_much(size: int, images: int, why: str, fitting: int = 0) -> LimitError:
    """The error of a batch of so many bytes; `fitting` is how many images have room."""
    batch = 2 ** max(fitting.bit_length() - 1, 0)
    fits = f"batches of at most {batch:,} (--batch {batch})"
    return LimitError(
        f"a training step of {images:,} images needs {_shown(size)}",
        why=why,
        fix=fits if fitting else "a smaller batch, or a smaller input",
    )


def _free() -> int | None:
    """Bytes of memory that are free, or all of it, or None, as far as the system says."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        (line,) = (line for line in lines if line.startswith("MemAvailable:"))
        return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # Windows has no such function
        return None


def _shown(size: int) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 10**9 else f"{size / 1e6:,.1f} MB"
