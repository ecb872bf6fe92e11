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
    if path := os.environ.get(VARIABLE):
        return Path(path)
    from platformdirs import user_cache_path  # most commands need no cache

    try:
        return user_cache_path("henet-arch", appauthor=False).expanduser()
    except RuntimeError:  # the home that it leaves as ~ is not known
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
