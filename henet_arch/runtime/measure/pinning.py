"""Keeps this process on one core."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def pinned() -> Iterator[bool]:
    """On one core where the system allows it; yields whether it does."""
    pins = hasattr(os, "sched_setaffinity")
    allowed = os.sched_getaffinity(0) if pins else set()
    if pins:
        try:
            os.sched_setaffinity(0, {max(allowed)})
        except OSError:
            pins = False
    try:
        yield pins
    finally:
        if pins:
            os.sched_setaffinity(0, allowed)
