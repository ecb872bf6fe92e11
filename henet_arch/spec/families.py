"""Families and their presets by name."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..support.plugins import Parts
from .family import Family
from .spec import Registry, Spec

FAMILIES: Parts[Family[Any]] = Parts("rules", "FAMILY", "family", of=Family)


@cache
def families() -> dict[str, Family[Any]]:
    """All families by name, those of other packages too."""
    return dict(FAMILIES.items())


@cache
def family(name: str) -> Family[Any]:
    """The family `name`.

    Raises:
        UnknownNameError: there is none.
    """
    return FAMILIES[name]


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
    return tuple(name for name in FAMILIES.files if text.startswith(name))


Spec.registry = Registry(family, networks)
