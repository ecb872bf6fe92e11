"""Runs the command line in this process, as its users see it."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import NamedTuple
from unittest.mock import patch

from henet_arch.cli import main


class Outcome(NamedTuple):
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str


def run(*arguments: str) -> Outcome:
    """`henet-arch ARGUMENTS`."""
    out, err = _stream("strict"), _stream("backslashreplace")
    code = 0
    argv = ["henet-arch", *arguments]
    with patch.object(sys, "argv", argv), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    return Outcome(code, _text(out), _text(err))


def _stream(errors: str) -> io.TextIOWrapper:
    """Encoded as the process's own streams are, so that what cannot be encoded fails here too."""
    return io.TextIOWrapper(io.BytesIO(), "utf-8", errors, newline="\n", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode("utf-8", "replace")
