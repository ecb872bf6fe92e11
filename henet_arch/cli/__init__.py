"""The command line: parse, call the library, hand the result to a renderer."""

from __future__ import annotations

import sys
from contextlib import suppress

from ..errors import HenetArchError
from ..files import discard_output
from .codes import INTERRUPTED, INVALID


def main() -> None:
    """Run `henet-arch`; errors are printed as sentences, never as a traceback."""
    try:
        from .app import app

        app()
    except HenetArchError as error:
        _end(f"error: {error}", INVALID)
    except OSError as error:  # typer prints its help to a full disk
        _end(f"error: cannot write to standard output: {error.strerror}", INVALID)
    except KeyboardInterrupt:
        _end("interrupted", INTERRUPTED)


def _end(message: str, code: int) -> None:
    if sys.stderr is not None:
        print(message, file=sys.stderr)
    if sys.stdout is not None:
        with suppress(OSError):
            discard_output()
    sys.exit(code)
