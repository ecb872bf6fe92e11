"""Measures this machine's profile."""

from __future__ import annotations

import platform

from ...analyzers.machine import LONGEST_NAME, Machine
from ..c.compiler import processor
from .bandwidth import bandwidth
from .peak import peak
from .pinning import pinned


def measure() -> Machine:
    """One core's peak multiply-adds and bandwidth; some seconds.

    Raises:
        CompileError: there is no C compiler, or it fails.
    """
    with pinned():
        return Machine(name(), round(peak(), 2), round(bandwidth(), 2))


def name() -> str:
    """The processor's name, or the architecture's."""
    models = [line for line in processor().splitlines() if line.startswith("model name")]
    model_name = models[0].partition(":")[2] if models else platform.machine()
    shown = "".join(c if c.isprintable() else " " for c in model_name).strip()
    return shown[:LONGEST_NAME] or "unknown"
