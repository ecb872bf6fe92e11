"""The widest vectors that a kernel may be made of, which all instruction sets have room for."""

from __future__ import annotations

WIDEST = 16
"""Elements of the widest vector: a kernel writes up to so many at once."""


def vectors(size: int) -> int:
    """How many widest vectors hold so many elements."""
    return -(-size // WIDEST)


def rounded(size: int) -> int:
    """Up to whole widest vectors."""
    return vectors(size) * WIDEST
