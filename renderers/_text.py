"""Text that is made fit for any drawing, and bars of text."""

from __future__ import annotations

import re

from ..tables import Share

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def printable(text: str) -> str:
    """`text` in one line, with a mark for what no XML document may hold."""
    return _UNPRINTABLE.sub("\ufffd", " ".join(text.split()))


def bar(share: Share, longest: int, unicode: bool = True) -> str:
    """A bar of at most `longest` characters, drawn in eighths where the terminal has them."""
    if not unicode:
        return "#" * round(share.part * longest)
    full, eighths = divmod(round(share.part * longest * 8), 8)
    return "█" * full + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[eighths]
