"""Where specs come from: presets, files, and specs themselves."""

from __future__ import annotations

import os
from contextlib import suppress
from os import PathLike, fspath

from ..support.errors import UnknownNameError, nearest
from .families import families, named_alike, networks
from .spec import Spec

Source = Spec | str | PathLike[str]


def presets() -> dict[str, Spec]:
    """All networks that the families' sources print, by name."""
    return {title: spec for name in families() for title, spec in networks(name).items()}


def preset(name: str) -> Spec:
    """The preset `name`, such as `henet-r3`.

    Raises:
        UnknownNameError: there is none.
    """
    found = _preset(name) if isinstance(name, str) else None
    if found is None:
        raise UnknownNameError(
            f"no preset is named {name!r}", fix=nearest(str(name), presets()) + " (henet-arch list)"
        )
    return found


def _preset(name: str) -> Spec | None:
    """A preset's name starts with its family's, so that most are found without loading others."""
    for family_name in named_alike(name):
        with suppress(UnknownNameError):
            if name in networks(family_name):
                return networks(family_name)[name]
    return presets().get(name)


def find(source: Source) -> Spec:
    """A spec, the preset of that name, or the spec in that file.

    Raises:
        UnknownNameError: a string names neither a preset nor a file.
        FileError, SpecError: the file cannot be read as a spec.
    """
    if isinstance(source, Spec):
        return source
    if not isinstance(source, (str, PathLike)):
        raise UnknownNameError(
            f"{source!r} names no network", fix="a Spec, a preset's name, or a spec file's path"
        )
    from .files import ENDINGS, load

    path = fspath(source)
    if not isinstance(source, str) or "/" in path or path.lower().endswith(ENDINGS):
        return load(path)
    if found := _preset(source):
        return found
    if os.path.lexists(path):
        return load(path)
    raise UnknownNameError(
        f"{path[:99]!r} is neither a preset nor a file", fix=nearest(path, presets())
    )
