"""One file for each analysis; each returns a frozen report on a graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..support.plugins import Parts

if TYPE_CHECKING:
    from ..results.table import Result

ANALYSES: Parts[Callable[..., Result]] = Parts("analyzers", "ANALYSIS", "analysis")
"""The analyses of `analyze --analysis`, by name."""
