"""Names in a file, which protobuf gives as bytes where they are no UTF-8."""

from __future__ import annotations

from typing import Any

from ...support.errors import FileError


def require_text(*values: Any) -> None:
    """Refuse names that are no text.

    Raises:
        FileError: one is none.
    """
    for value in values:
        if not isinstance(value, str):
            raise FileError(f"the file has a name that is no UTF-8 text: {value!r:.99}")
