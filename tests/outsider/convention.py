"""A way to count: convolutions alone."""

from __future__ import annotations

from henet_arch.conventions.convention import Convention

CONVENTION = Convention("outcount", "convolutions alone", {"conv2d": {"mac": 1}})
