"""Exit codes, beside 0: done and 2: wrong usage."""

from typing import Final

FAILED: Final = 1
"""A check did not hold."""
INVALID: Final = 3
"""A spec or a file is not valid."""
INTERRUPTED: Final = 130
"""After Ctrl-C, as shells expect it."""
