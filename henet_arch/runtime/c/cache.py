"""Compiled libraries, kept by what they were made from.

A library's name says what it was compiled from and what it holds, so one that was damaged is seen
and built again. It is compiled beside and renamed: processes that build the same one at once do not
meet.
"""

from __future__ import annotations

import tempfile
from hashlib import sha256
from pathlib import Path

from ...support.cache import folder, writable
from ...support.errors import FileError
from ...support.files import read_bytes
from ...support.limits import LARGEST_LIBRARY_FILE
from .compiler import NATIVE, Compiler, processor


def library(source: str, compiler: Compiler, flags: tuple[str, ...] = NATIVE) -> Path:
    """The compiled `source`, from the cache or new.

    Raises:
        CompileError: the compiler fails; nothing is left behind.
        FileError: the cache cannot be written.
    """
    made_from = "\0".join((source, *compiler.command, compiler.version, *flags, processor()))
    key = _digest(made_from.encode())
    with writable(folder()) as place:
        for result in place.glob(f"{key}-*.so"):
            if result.stem == f"{key}-{_digest_of(result)}":
                return result
            result.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(dir=place, prefix="build-") as build:
            text, output = Path(build) / "network.c", Path(build) / "network.so"
            text.write_text(source, encoding="utf-8")
            compiler.compile(text, output, flags)
            kept = place / f"{key}-{_digest(output.read_bytes())}.so"
            return output.replace(kept)


def _digest_of(path: Path) -> str | None:
    """None of what is no library that could be read."""
    try:
        return _digest(read_bytes(path, LARGEST_LIBRARY_FILE))
    except FileError:
        return None


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:32]
