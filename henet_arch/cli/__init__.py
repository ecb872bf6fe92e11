"""The command line: parse, call the library, hand the result to a renderer."""

from __future__ import annotations

import sys
from contextlib import suppress

from ..codes import INTERRUPTED, INVALID
from ..errors import HenetArchError
from ..files import discard_output


def main() -> None:
    """Run `henet-arch`; errors are printed as sentences, never as a traceback."""
    try:
        from .app import app

        app()
    except HenetArchError as error:
        _end(f"error: {error}", INVALID)
    except OSError as error:  # without a file it is standard output: help on a full disk
        where = f"read {error.filename!s:.99}" if error.filename else "write to standard output"
        _end(f"error: cannot {where}: {error.strerror}", INVALID)
    except KeyboardInterrupt:
        _end("interrupted", INTERRUPTED)


def _end(message: str, code: int) -> None:
    if sys.stderr is not None:
        print(message, file=sys.stderr)
    if sys.stdout is not None:
        with suppress(OSError):
            discard_output()
    sys.exit(code)
