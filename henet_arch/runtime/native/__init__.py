"""Networks as machine code: emitted C, compiled here, called on arrays and tensors."""

from __future__ import annotations

from .network import Network, load

__all__ = ["Network", "load"]
