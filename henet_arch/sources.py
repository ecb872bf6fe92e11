"""Where specs come from: presets, files, and specs themselves."""

from __future__ import annotations

import os
from functools import cache
from os import PathLike, fspath

from .errors import UnknownNameError, nearest
from .family import families
from .spec import Spec

Source = Spec | str | PathLike[str]


@cache
def presets() -> dict[str, Spec]:
    """All networks that the families' sources print, by name."""
    made = (
        Spec(family=name, **values)
        for name, family in families().items()
        for values in family.presets
    )
    return {spec.title: spec for spec in made}


def preset(name: str) -> Spec:
    """The preset `name`, such as `henet-r3`.

    Raises:
        UnknownNameError: there is none.
    """
    if not isinstance(name, str) or name not in presets():
        raise UnknownNameError(
            f"no preset is named {name!r}", fix=nearest(str(name), presets()) + " (henet-arch list)"
        )
    return presets()[name]


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
    text = fspath(source)
    if isinstance(source, str) and source in presets():
        return preset(source)
    if isinstance(source, str) and not _looks_like_path(text):
        raise UnknownNameError(
            f"{text[:99]!r} is neither a preset nor a file", fix=nearest(text, presets())
        )
    from .spec_files import load

    return load(text)


def _looks_like_path(text: str) -> bool:
    from .spec_files import ENDINGS

    return "/" in text or text.lower().endswith(ENDINGS) or os.path.lexists(text)
