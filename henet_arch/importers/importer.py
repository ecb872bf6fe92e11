"""What reads one file format."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..ir.model import Model
from ..spec.spec import Spec


@dataclass(frozen=True)
class Importer:
    """A file format and how a network is read from it.

    Attributes:
        title: What such a file is, with its article, as messages have it: `a spec`.
        endings: The endings of its files in small letters, such as `.json`.
        load: Reads a file; a spec is returned as it is and built later, since options change it.
        recognizes: Whether a file that begins with these bytes is of this format. It is asked where
            formats share an ending, or a file has an unknown one; None leaves the file to the
            others first.
    """

    title: str
    endings: tuple[str, ...]
    load: Callable[[Path], Model | Spec]
    recognizes: Callable[[bytes], bool] | None = None


def has_key(start: bytes, key: str) -> bool:
    """Whether JSON text that begins with `start` seems to have that key near its beginning."""
    return re.search(rb'"%s"\s*:' % key.encode(), start) is not None
