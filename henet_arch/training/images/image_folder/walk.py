"""What lies in the folder of a class, and in folders below it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from typing import NamedTuple

from ....runtime.image_files import ENDINGS
from ....support.files import reason
from ...findings import Finding

SKIPPED = "not used"


class File(NamedTuple):
    """A file that its name says is an image."""

    path: str
    """Below the folder of the data; bytes that are no UTF-8 stand in it as Python keeps them."""
    size: int
    changed: int
    """When, in nanoseconds."""


Place = tuple[int, int]
"""Which folder it is, whatever path leads there."""


def place_of(path: str) -> Place:
    """The folder at a path.

    Raises:
        OSError: there is none, or it cannot be looked at.
    """
    status = os.stat(path)
    return status.st_dev, status.st_ino


def walk(
    root: str, folder: str, seen: set[Place], others: Collection[Place]
) -> Iterator[File | Finding]:
    """The files in `folder`, a path below `root`, and in its folders, in the order of their names.

    Links are followed, but to no folder that is read elsewhere: its images would be of two classes.

    Args:
        root: The folder of the data.
        folder: The one that is read.
        seen: What has been read; what is read now is added.
        others: Folders that links may not lead to: those of other classes, and what holds them.
    """
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        try:
            entries = sorted(os.scandir(os.path.join(root, path)), key=lambda entry: entry.name)
            place = place_of(os.path.join(root, path))
        except OSError as error:
            yield Finding(path, "folders not readable", SKIPPED, True, reason(error))
            continue
        if place in seen or (path != folder and place in others):
            yield Finding(path, "links to folders read elsewhere", SKIPPED, True)
            continue
        seen.add(place)
        below = []
        for entry in entries:
            inside = os.path.join(path, entry.name)
            if is_folder(entry) and not entry.name.startswith("."):
                below.append(inside)
            else:
                yield _file(entry, inside)
        waiting += reversed(below)


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder, or a link that leads to one."""
    try:
        return entry.is_dir()
    except OSError:  # links in a circle
        return False


def _file(entry: os.DirEntry[str], path: str) -> File | Finding:
    """A file, or why it is none to read."""
    if entry.name.startswith("."):
        return Finding(path, "hidden", SKIPPED, True)
    if os.path.splitext(entry.name)[1].lower() not in ENDINGS:
        return Finding(path, "of another ending", SKIPPED, True)
    try:
        status = entry.stat()
        if not entry.is_file():
            return Finding(path, "no regular files", SKIPPED, True)
    except OSError as error:  # a link to nothing, or in a circle
        return Finding(path, "links to nowhere", SKIPPED, True, reason(error))
    return File(path, status.st_size, status.st_mtime_ns)
