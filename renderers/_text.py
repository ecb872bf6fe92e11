"""Text that comes from outside, made fit for any drawing."""

from __future__ import annotations

import re

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def printable(text: str) -> str:
    """`text` in one line, with a mark for what no XML document may hold."""
    return _UNPRINTABLE.sub("\ufffd", " ".join(text.split()))
