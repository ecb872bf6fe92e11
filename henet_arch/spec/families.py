"""Families and their presets by name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from ..support.plugins import Parts
from .family import Family
from .spec import DECLARED, DECLARES, Registry, Spec

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


def family_of(spec: Spec) -> Family[Any]:
    """The family of a spec: one of all, or its own where the spec declares its blocks."""
    return spec.declared or family(spec.family)


def declared(values: Mapping[str, Any]) -> type[Spec] | None:
    """The class of specs with the blocks that `values` declare; None where they declare none.

    Raises:
        SpecError: what they declare is none.
    """
    if values.get("family", DECLARED) != DECLARED or not values.keys() & {"family", *DECLARES}:
        return None
    from .blocks.spec_class import class_of

    return class_of(values)


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


Spec.registry = Registry(family_of, family, networks, declared)
