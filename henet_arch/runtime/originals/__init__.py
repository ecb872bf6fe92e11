"""Frameworks that networks come from, one file each.

`ORIGINAL` in the file of a format is a `henet_arch.runtime.original.Original`: it runs a network as
that framework does, so that what is made of it can be held against it.
"""

from __future__ import annotations

from ...ir.model import Origin
from ...support.plugins import Parts
from ..original import Original

ORIGINALS: Parts[Original] = Parts("runtime.originals", "ORIGINAL", "framework")


def original(origin: Origin) -> Original | None:
    """What runs a network of that origin; None where nothing does."""
    form = getattr(origin, "format", "")
    return ORIGINALS[form] if form in ORIGINALS.own else None
