"""Counting conventions by name."""

from __future__ import annotations

from ..support import plugins
from ..support.errors import look_up
from .convention import Convention


def convention(name: str) -> Convention:
    """The convention `name`.

    Raises:
        UnknownNameError: there is none.
    """
    if name in plugins.files("conventions"):  # all others need not be loaded
        convention = getattr(plugins.load("conventions", name), "CONVENTION", None)
        if isinstance(convention, Convention):
            return convention
    return look_up(name, conventions(), "counting convention")


def conventions() -> dict[str, Convention]:
    """All conventions by name, `exact` first, then the paper's."""
    modules = plugins.with_attribute("conventions", "CONVENTION")
    names = sorted(modules, key=lambda name: (name != "exact", name != "paper", name))
    return {name: modules[name].CONVENTION for name in names}
