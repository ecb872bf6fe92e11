"""Locks that say who holds them, and that die with their owner."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG

from .errors import FileError
from .files import reason

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_OPEN = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_MOST_BYTES = 1000


@contextmanager
def held(path: Path, what: str, *, remove: bool, wait: bool = False) -> Iterator[None]:
    """Hold the lock file `path` while `what` is in use, and say in it who does.

    The system lets go of it when the process ends, however it ends. Locks are per open file, so
    they keep threads of one process apart too.

    Args:
        remove: whether the file goes at the end.
        wait: whether to wait for another one that holds it.

    Raises:
        FileError: another one holds it, or the file cannot be made.
    """
    try:
        descriptor = _locked(path, what, wait=wait)
    except OSError as error:
        raise FileError(
            f"cannot lock {what}: {reason(error)}", where=str(path), fix="another place"
        ) from None
    try:
        yield
    finally:
        if remove:
            path.unlink(missing_ok=True)
        os.close(descriptor)


def _locked(path: Path, what: str, *, wait: bool) -> int:
    """The file, opened and locked; what was removed between the two is made again."""
    while True:
        descriptor = os.open(path, _OPEN, 0o666)
        try:
            _lock(descriptor, path, what, wait=wait)
            if _is(descriptor, path):
                os.truncate(descriptor, 0)
                os.write(descriptor, _holder())
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock(descriptor: int, path: Path, what: str, *, wait: bool) -> None:
    if not S_ISREG(os.fstat(descriptor).st_mode):
        raise FileError(f"{path} is no regular file", fix="remove it")
    if fcntl is None:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        raise FileError(
            f"{what} is in use by {_said(os.pread(descriptor, _MOST_BYTES, 0))}",
            why="two at once would undo each other's work",
            fix="wait until it ends",
        ) from None


def _is(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat(follow_symlinks=False))
    except FileNotFoundError:
        return False


def _holder() -> bytes:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
    return (json.dumps(holder) + "\n").encode()


def _said(content: bytes) -> str:
    """Who holds it, from a file that anybody may have written."""
    try:
        holder = json.loads(content)
        return (
            f"process {int(holder['pid'])} on {holder['host']!s:.99}, since {holder['since']!s:.40}"
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return "another process"
