"""Counting conventions by name."""

from __future__ import annotations

from ..support import plugins as discovery
from ..support.errors import look_up
from .convention import Convention


def convention(name: str) -> Convention:
    """The convention `name`.

    Raises:
        UnknownNameError: there is none.
    """
    if name in discovery.files("conventions"):
        found: Convention = discovery.load("conventions", name).CONVENTION
        return found
    return look_up(name, conventions(), "counting convention")


def conventions() -> dict[str, Convention]:
    """All conventions by name, `exact` first, then the paper's."""
    found = discovery.with_attribute("conventions", "CONVENTION")
    names = sorted(found, key=lambda name: (name != "exact", name != "paper", name))
    return {name: found[name].CONVENTION for name in names}
