"""What may lie where a regular file is expected."""

from __future__ import annotations

import os
from pathlib import Path

KINDS = ("a pipe", "a device", "a folder", "a circle", "a hole")


def unusual(path: Path, kind: str) -> None:
    """Put something in the place of a file that must never be read as a whole."""
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a device":
        path.symlink_to("/dev/zero")
    elif kind == "a folder":
        path.mkdir()
    elif kind == "a circle":
        path.symlink_to(path)
    else:
        path.touch()
        os.truncate(path, 100 * 10**9)
