"""Networks from files, one module a format, and `load`, which chooses among them."""

from __future__ import annotations

from ..support.plugins import Parts
from .importer import Importer

IMPORTERS: Parts[Importer] = Parts("importers", "IMPORTER", "file format", of=Importer)
