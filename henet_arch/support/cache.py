"""Where what was made or measured on this machine is kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import FileError

VARIABLE = "HENET_ARCH_CACHE"


def folder() -> Path:
    """Where libraries, measured choices and the machine's profile are kept.

    Raises:
        FileError: neither the environment nor the user's entry says where.
    """
    if said := os.environ.get(VARIABLE):
        return Path(said)
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else _home() / ".cache") / "henet-arch"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        raise FileError(
            "there is no place for the cache: HOME is not set, and this user has no entry",
            why="what is compiled and measured is kept there",
            fix=f"set {VARIABLE} to a directory that can be written",
        ) from None


@contextmanager
def writable(place: Path) -> Iterator[Path]:
    """The folder, made if it is not there.

    Raises:
        FileError: it cannot be used.
    """
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        yield place
    except OSError as error:
        raise FileError(
            f"the cache {place} cannot be used: {error.strerror or error}",
            why="what is compiled and measured is kept there",
            fix=f"set {VARIABLE} to a directory that can be written",
        ) from None
