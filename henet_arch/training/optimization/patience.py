"""When a training ends before its last step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def is_exhausted(rows: Sequence[dict[str, Any]], patience: int | None) -> bool:
    """Whether the last `patience` tests were no better than the best one before them.

    Args:
        rows: The log.
        patience: How many tests are waited for a better one; None for no end.
    """
    tested: list[float] = [row["test_accuracy"] for row in rows if row["test_accuracy"] is not None]
    if patience is None or len(tested) <= patience:
        return False
    return max(tested[-patience:]) <= max(tested[:-patience])
