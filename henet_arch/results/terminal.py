"""What is drawn with characters: rich's console, and bars."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console

from .table import Share


def console_for(out: TextIO, width: int, *, colour: bool) -> Console:
    """A console of rich that writes what it is given and nothing of its own making."""
    return Console(
        file=out,
        width=width,
        force_terminal=colour,
        force_jupyter=False,  # in a notebook, rich would show the text beside what asked for it
        no_color=not colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
        emoji=False,
        highlight=False,
    )


def bar(share: Share, longest: int, unicode: bool = True) -> str:
    """A bar of at most `longest` characters, drawn in eighths where the terminal has them."""
    if not unicode:
        return "#" * round(share.part * longest)
    full, eighths = divmod(round(share.part * longest * 8), 8)
    return "█" * full + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[eighths]
