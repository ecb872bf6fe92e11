"""Reading untrusted text files, and writing files whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from stat import S_ISDIR, S_ISREG
from typing import BinaryIO

from .errors import FileError


def read_text(path: Path, limit: int) -> str:
    """The UTF-8 text of a regular file of at most `limit` bytes.

    Raises:
        FileError: it is missing, not a regular file, not readable, too large, or not UTF-8.
    """
    try:
        mode = path.stat().st_mode
        if not S_ISREG(mode):
            what = "a directory" if S_ISDIR(mode) else "no regular file"
            raise FileError(f"{path} is {what}", fix="the path of a text file")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise FileError(
            f"cannot read {str(path)!r}: {_reason(error)}", fix="the path of a text file"
        ) from None
    if len(data) > limit:
        raise FileError(
            f"{path} is larger than the limit of {limit:,} bytes",
            why="no file of this kind needs more",
            fix="check that it is the file you meant",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileError(
            f"{path} is not UTF-8 text: byte 0x{data[error.start]:02x}",
            where=f"{path}, line {line}",
            fix="save it as UTF-8",
        ) from None


def write_text(path: Path, text: str) -> None:
    """Write `text` in UTF-8; as `write_bytes` does."""
    write_bytes(path, text.encode("utf-8", "replace"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` beside `path` and rename it, so that `path` is old or new and never half.

    A link is followed, and a file that exists keeps its mode.

    Raises:
        FileError: it cannot be written; nothing is left behind.
    """
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            raise FileError(
                f"cannot write {path}: it is not a regular file", fix="the path of a file"
            )
        beside = target.parent / f".{target.name}.{os.getpid()}-{token_hex(4)}.part"
        with beside.open("xb") as file:
            _fill(file, content, beside, target)
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise FileError(
            f"cannot write {str(path)!r}: {_reason(error)}", fix="a path that can be written"
        ) from None


def write_folder(path: Path, texts: Mapping[str, str]) -> None:
    """Write `texts` by file name into a new folder, or one that exists.

    A new folder appears when all is written; in one that exists each file is old or new. Files are
    replaced only where all of them are there, as an earlier call left them.

    Raises:
        FileError: it cannot be written, of a new folder nothing is left behind; or it has some
            files of these names, which would be lost.
    """
    if path.is_dir():
        there = [name for name in texts if (path / name).exists()]
        if 0 < len(there) < len(texts):
            raise FileError(
                f"{path} has a file {there[0]} already, which would be lost",
                fix="a folder that is new or empty",
            )
        for name, text in texts.items():
            write_text(path / name, text)
        return
    if path.exists() or path.is_symlink():
        raise FileError(f"cannot write {path}: it is not a folder", fix="the path of a folder")
    beside = path.parent / f".{path.name}.{os.getpid()}-{token_hex(4)}.part"
    try:
        beside.mkdir()
        for name, text in texts.items():
            write_text(beside / name, text)
        beside.rename(path)
    except (OSError, ValueError) as error:
        raise FileError(
            f"cannot write {str(path)!r}: {_reason(error)}", fix="a path that can be written"
        ) from None
    finally:
        rmtree(beside, ignore_errors=True)


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


def discard_output() -> None:
    """Send whatever standard output still gets to nowhere, so that it is not tried again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)
