"""`henet-arch reproduce`."""

from __future__ import annotations

import typer

from .options import Format, Output


def reproduce(format: Format = None, output: Output = None) -> None:
    """Hold the HENet paper's tables against ours; exit 1 where a cell differs unexplained."""
    from ..reproduce import Reproduction
    from .output import show

    found = Reproduction()
    show(found, format, output)
    if not found.holds:
        raise typer.Exit(1)
