"""`henet-arch list`."""

from __future__ import annotations

from .options import Format, Output


def list_presets(format: Format = None, output: Output = None) -> None:
    """List all presets with their sizes."""
    from ..catalogue import Catalogue
    from .output import show

    show(Catalogue(), format, output)
