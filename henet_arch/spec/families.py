"""Families and their presets by name."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..support import plugins
from ..support.errors import UnknownNameError, nearest
from .family import Family
from .spec import Registry, Spec


@cache
def families() -> dict[str, Family[Any]]:
    """All families by name, those of other packages too."""
    modules = plugins.with_attribute("rules", "FAMILY")
    return {name: module.FAMILY for name, module in modules.items()}


@cache
def family(name: str) -> Family[Any]:
    """The family `name`.

    Raises:
        UnknownNameError: there is none.
    """
    if name in plugins.files("rules"):
        known = getattr(plugins.load("rules", name), "FAMILY", None)
    else:
        known = families().get(name)
    if not isinstance(known, Family):
        raise UnknownNameError(f"unknown family {name!r}", fix=nearest(name, families()))
    return known


@cache
def networks(name: str) -> dict[str, Spec]:
    """The specs of a family's presets, by name.

    Raises:
        UnknownNameError: there is no such family.
    """
    presets = family(name).presets
    return {title: family(name).spec(family=name, **p.values) for title, p in presets.items()}


def named_alike(text: str) -> tuple[str, ...]:
    """The families' files whose names `text` begins with: most presets need no others."""
    return tuple(name for name in plugins.files("rules") if text.startswith(name))


Spec.registry = Registry(family, networks)
