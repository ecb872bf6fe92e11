"""Networks as machine code: emitted C, compiled on this machine, called on arrays and tensors."""

from __future__ import annotations

from .loading import load
from .network import Network

__all__ = ["Network", "load"]
