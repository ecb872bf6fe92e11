"""Room for decoded images: what they may take on the disk, and what goes when there is too much."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from ....support import cache
from ....support.errors import DataError, FileError
from ....support.limits import LARGEST_CACHE
from ....support.locks import held

PART = ".part"
"""The ending of a folder that is not whole yet."""


def check_room(folder: Path, needed: int) -> None:
    """Refuse so many bytes more than a folder has room for.

    Raises:
        DataError: it has less.
    """
    free = _free(folder)
    if needed > min(free, LARGEST_CACHE):
        raise DataError(
            f"the decoded images take {needed:,} bytes, and {folder} has room for "
            f"{min(free, LARGEST_CACHE):,}",
            why=f"{free:,} are free, and at most {LARGEST_CACHE:,} are used",
            fix=f"a smaller input, or {cache.VARIABLE} set to a folder on a larger disk",
        )


def make_room(folder: Path, place: Path, needed: int = 0) -> None:
    """Remove what was not used for longest, until the rest fits, and `needed` bytes more.

    Both the bound of all that is kept and the disk count. What a process that is gone has left
    half-written goes first, and what another one makes stays.
    """
    with suppress(OSError):
        others = [path for path in folder.iterdir() if path.is_dir() and path != place]
        others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        bound = LARGEST_CACHE - (_bytes_in(place) if place.exists() else 0)
        room = min(bound, _free(folder) + sum(map(_bytes_in, others))) - needed
        for path in others:
            room -= _bytes_in(path)
            if room < 0 or path.suffix == PART:
                with suppress(FileError), held(lock_of(path), str(path), remove=True):
                    remove(path)


def lock_of(place: Path) -> Path:
    """The lock of whoever makes, reads or removes a folder, or its part."""
    return place.with_name(f"{place.name.removesuffix(PART)}.lock")


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def remove(*folders: Path) -> None:
    """Remove folders, or what else has their names."""
    for folder in folders:
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)
        else:
            folder.unlink(missing_ok=True)
