"""The command line: parse, call the library, hand the result to a renderer."""

from __future__ import annotations

import sys
from contextlib import redirect_stderr, suppress
from typing import Any, TextIO

from ..support.errors import HenetArchError
from ..support.exit_codes import INTERRUPTED, INVALID
from ..support.files import discard


def main() -> None:
    """Run `henet-arch`; errors are printed as sentences, never as a traceback."""
    with redirect_stderr(sys.stderr and _Forgiving(sys.stderr)):
        try:
            from .app import run

            code, message = run()
        except HenetArchError as error:
            code, message = INVALID, f"error: {error}"
        except OSError as error:  # without a file it is standard output: help on a full disk
            where = f"read {error.filename!s:.99}" if error.filename else "write to standard output"
            code, message = INVALID, f"error: cannot {where}: {error.strerror}"
        except KeyboardInterrupt:
            code, message = INTERRUPTED, "interrupted"
        if message:
            _end(message)
    sys.exit(code)


class _Forgiving:
    """Standard error that may be full or closed, which changes nothing about how a command ends."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            discard(self._stream)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            discard(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _end(message: str) -> None:
    from .progress import say

    say(message)
    if sys.stdout is not None:
        with suppress(OSError):
            discard(sys.stdout)
