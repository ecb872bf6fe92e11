"""The networks that the families' sources print, by name."""

from __future__ import annotations

from contextlib import suppress

from ..support.errors import UnknownNameError, nearest
from .families import families, named_alike, networks
from .spec import Spec


def presets() -> dict[str, Spec]:
    """All networks that the families' sources print, by name."""
    return {title: spec for name in families() for title, spec in networks(name).items()}


def preset(name: str) -> Spec:
    """The preset `name`, such as `henet-r3`.

    Args:
        name: One of those that `henet-arch list` shows.

    Raises:
        UnknownNameError: there is none.
    """
    spec = find_preset(name) if isinstance(name, str) else None
    if spec is None:
        raise UnknownNameError(
            f"no preset is named {name!r}", fix=nearest(str(name), presets()) + " (henet-arch list)"
        )
    return spec


def find_preset(name: str) -> Spec | None:
    """The preset `name`, if there is one.

    A preset's name starts with its family's, so that most are found without loading others.
    """
    for family_name in named_alike(name):
        with suppress(UnknownNameError):
            if name in networks(family_name):
                return networks(family_name)[name]
    return presets().get(name)
