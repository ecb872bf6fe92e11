"""Counting conventions by name."""

from __future__ import annotations

from ..support.plugins import Parts
from .convention import Convention

CONVENTIONS: Parts[Convention] = Parts(
    "conventions", "CONVENTION", "counting convention", of=Convention
)


def convention(name: str) -> Convention:
    """The convention `name`.

    Raises:
        UnknownNameError: there is none.
    """
    return CONVENTIONS[name]


def conventions() -> dict[str, Convention]:
    """All conventions by name, `exact` first, then the paper's."""
    options = dict(CONVENTIONS.items())
    names = sorted(options, key=lambda name: (name != "exact", name != "paper", name))
    return {name: options[name] for name in names}
