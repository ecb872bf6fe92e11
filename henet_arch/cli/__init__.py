"""The command line: parse, call the library, hand the result to a renderer."""

from __future__ import annotations

import sys

from ..errors import HenetArchError

INVALID = 3
"""Exit code for a spec or a file that is not valid; 2 is wrong usage, 1 a check that failed."""


def main() -> None:
    """Run `henet-arch`; errors are printed as sentences, never as a traceback."""
    from .app import app

    try:
        app()
    except HenetArchError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(INVALID)
