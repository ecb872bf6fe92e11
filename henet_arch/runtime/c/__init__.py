"""Networks as machine code: emitted C, compiled on this machine, called on arrays and tensors."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .loading import load
    from .network import Network

__all__ = ["Network", "load"]

_MODULES = {"Network": "network", "load": "loading"}


def __getattr__(name: str) -> Any:
    """Names are loaded when they are first used: measuring a machine needs no PyTorch."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)
