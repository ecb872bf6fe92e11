"""Words of C for networks."""

from __future__ import annotations


def identifier(name: str) -> str:
    """A network's name as a word of C, and none that its folder uses otherwise."""
    word = name.replace("-", "_")
    return f"net_{word}" if word.lower() in _TAKEN else word


_TAKEN = ("main", "makefile", "gnumakefile", "all", "always", "clean", "install")
"""In small letters, since some file systems tell no others apart."""
