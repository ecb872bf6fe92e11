"""What runs a network for timing, one file each: `prepare(graph, module, image)` gives a pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...support.plugins import Parts

RUNNERS: Parts[Callable[..., Callable[[], Any]]] = Parts(
    "runtime.runners", "prepare", "backend", unloaded=True
)
