"""Holds emitted targets against their graphs, one file each with `verify(graph)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...support.plugins import Parts

if TYPE_CHECKING:  # their names are asked for without PyTorch
    from ..verification import Verification

VERIFIERS: Parts[Callable[..., Verification]] = Parts(
    "runtime.verifiers", "verify", "target to verify", unloaded=True
)
