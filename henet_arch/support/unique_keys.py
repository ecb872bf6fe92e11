"""Mappings of which no key appears twice, as files are read."""

from __future__ import annotations

from collections import Counter
from typing import Any


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs as a dict.

    Raises:
        ValueError: a key appears twice.
    """
    data = dict(pairs)
    if len(data) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        repeated = next(key for key, count in counts.items() if count > 1)
        raise ValueError(f"key {repeated!r} stands there twice")
    return data
