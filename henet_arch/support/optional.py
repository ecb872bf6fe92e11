"""Optional packages, imported when they are needed, with a clear word when they are missing."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from .errors import ExtraError


def first_line(error: Exception) -> str:
    """What another package says went wrong, in short."""
    lines = str(error).splitlines()
    return lines[0][:200] if lines else type(error).__name__


def need(module: str, extra: str) -> ModuleType:
    """Import `module`, which `pip install henet-arch[extra]` brings.

    Raises:
        ExtraError: it is not installed, or cannot be imported.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ExtraError(
            f"{module.partition('.')[0]} cannot be imported: {error}",
            why=f"it belongs to the extra {extra!r}, which is optional",
            fix=f"pip install 'henet-arch[{extra}]'",
        ) from None
