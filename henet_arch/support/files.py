"""Reading untrusted files, and writing files whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from math import inf
from pathlib import Path
from secrets import token_hex
from stat import S_ISDIR, S_ISREG
from typing import BinaryIO, TextIO

from .errors import EmptyFileError, FileError

_AT_ONCE = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a named pipe does not wait for its writer
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)
_OF_NO_SIZE = 1 << 20
"""Bytes to read of a file that says it has none, as the system's own do."""
_FIX = "the path of a regular file"


@contextmanager
def opened(path: Path, limit: float = inf) -> Iterator[BufferedReader]:
    """A file to read: a regular one of at most `limit` bytes, and never one that blocks.

    Every input is opened here, and none is valid where it is empty. A link is followed.

    Raises:
        FileError: it is missing, not a regular file, not readable, empty, or too large.
    """
    try:
        with _opened(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > limit:
                raise _too_large(path, int(limit))
            if not size and not file.peek(1):  # the system's own files have content and no size
                raise EmptyFileError(
                    f"{path} is empty", where=str(path), fix="write it again, or name another file"
                )
            yield file
    except OSError as error:
        raise _unreadable(path, error) from None


def version_of(file: BufferedReader) -> tuple[int, ...]:
    """A file's size, and what changes when it is written or replaced."""
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns, status.st_ino


def check_unchanged(path: Path, file: BufferedReader, version: tuple[int, ...]) -> None:
    """Refuse a file that is another now than when it had that version.

    Raises:
        FileError: it is.
    """
    if version_of(file) != version:
        raise FileError(f"{path} has changed since it was opened")


def read_start(path: Path, count: int) -> bytes:
    """The first `count` bytes of a regular file, or all that it has.

    Raises:
        FileError: it is missing, not a regular file, not readable, or empty.
    """
    with opened(path) as file:
        return file.read(count)


def read_bytes(path: Path, limit: int) -> bytes:
    """The content of a regular file of at most `limit` bytes.

    Raises:
        FileError: it is missing, not a regular file, not readable, empty, or too large.
    """
    with opened(path, limit) as file:
        size = os.fstat(file.fileno()).st_size
        content = file.read((size or min(limit, _OF_NO_SIZE)) + 1)
    if len(content) > limit:
        raise _too_large(path, limit)
    return content


def read_text(path: Path, limit: int) -> str:
    """The UTF-8 text of a regular file of at most `limit` bytes.

    Raises:
        FileError: it is missing, not a regular file, not readable, empty, too large, or not UTF-8.
    """
    data = read_bytes(path, limit)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileError(
            f"{path} is not UTF-8 text: byte 0x{data[error.start]:02x}",
            where=f"{path}, line {line}",
            fix="save it as UTF-8",
        ) from None


def _opened(path: Path) -> BufferedReader:
    """The file, once it is known to be a regular one."""
    try:
        descriptor = os.open(path, _AT_ONCE)
    except ValueError as error:  # a NUL in the path
        raise _unreadable(path, error) from None
    mode = os.fstat(descriptor).st_mode
    if S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    what = "a directory" if S_ISDIR(mode) else "no regular file"
    raise FileError(f"{path} is {what}", fix=_FIX)


def _unreadable(path: Path, error: Exception) -> FileError:
    return FileError(f"cannot read {str(path)!r}: {reason(error)}", fix=_FIX)


def _too_large(path: Path, limit: int) -> FileError:
    return FileError(
        f"{path} is larger than the limit of {limit:,} bytes",
        why="no file of this kind needs more",
        fix="check that it is the file you meant",
    )


def write_text(path: Path, text: str) -> None:
    """Write `text` in UTF-8; as `write_bytes` does."""
    write_bytes(path, text.encode("utf-8", "replace"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` beside `path` and rename it, so that `path` is old or new and never half.

    A link is followed, and a file that exists keeps its mode.

    Raises:
        FileError: it cannot be written; nothing is left behind.
    """
    target = writable(path)
    beside = target.with_name(beside_name(target))
    try:
        with beside.open("xb") as file:
            _fill(file, content, beside, target)
    except OSError as error:
        raise unwritable(path, error) from None


def writable(path: Path) -> Path:
    """The file that writing `path` makes or replaces: links are followed.

    Raises:
        FileError: it is no regular file or write-protected, or its folder is missing or
            write-protected.
    """
    try:
        target = path.resolve()
        if os.path.lexists(target):
            mode = target.stat().st_mode
            if not S_ISREG(mode):
                raise FileError(
                    f"cannot write {path}: it is not a regular file", fix="the path of a file"
                )
            if not (mode & 0o222 and os.access(target, os.W_OK)):  # the superuser may write all
                raise FileError(
                    f"cannot write {str(path)!r}: it is write-protected",
                    fix="another path, or chmod u+w",
                )
        check_folder(target.parent)
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise unwritable(path, error) from None
    return target


def check_folder(folder: Path) -> None:
    """Refuse a folder in which no file can be made.

    Raises:
        OSError: it is missing, no folder, or write-protected.
    """
    os.scandir(folder).close()
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def unwritable(path: Path, error: Exception) -> FileError:
    """What to say of a path that `error` forbids to write."""
    is_full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return FileError(
        f"cannot write {str(path)!r}: {reason(error)}",
        fix="room on that disk, or another path" if is_full else "a path that can be written",
    )


_KEPT = 40
"""Characters of a name that stay in the name beside it, which must not become too long."""


def beside_name(target: Path) -> str:
    """A new name in the same folder for what is not complete."""
    return f".{target.name[:_KEPT]}.{os.getpid()}-{token_hex(4)}.part"


def _fill(file: BinaryIO, content: bytes, beside: Path, target: Path) -> None:
    try:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        if target.exists():
            beside.chmod(target.stat().st_mode)
        beside.replace(target)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def discard(stream: TextIO) -> None:
    """Send whatever `stream` still gets to nowhere, so that it is not tried again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def reason(error: Exception) -> str:
    """What the system says went wrong."""
    return (isinstance(error, OSError) and error.strerror) or str(error)
