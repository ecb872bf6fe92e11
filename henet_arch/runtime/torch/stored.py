"""Files of tensors (safetensors), read as a whole from a file that is checked first."""

from __future__ import annotations

import json
from pathlib import Path

from ...support.files import opened
from ...support.limits import LARGEST_WEIGHTS_FILE

_LENGTH = 8
"""Bytes before the header that say how long it is."""
_LONGEST_HEADER = 100_000_000
"""The format's own bound."""


def read_stored(path: Path) -> tuple[bytes, dict[str, str]]:
    """The bytes of a safetensors file, and the metadata in its header.

    The header is read first, so that a file that is large and empty costs nothing.

    Raises:
        FileError: it is missing, not a regular file, or too large.
        ValueError: it has no header, or one that is no JSON.
    """
    with opened(path, LARGEST_WEIGHTS_FILE) as file:
        start = file.read(_LENGTH)
        length = int.from_bytes(start, "little")
        if len(start) < _LENGTH or not 2 <= length <= _LONGEST_HEADER:
            raise ValueError("it is no safetensors file, which begins with a header")
        text = file.read(length)
        header = json.loads(text)
        metadata = header.get("__metadata__", {}) if isinstance(header, dict) else {}
        return start + text + file.read(), dict(metadata)
