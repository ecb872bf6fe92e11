"""Specs as TOML, JSON and YAML."""

from __future__ import annotations

from ..spec.files import ENDINGS, load
from .importer import Importer

IMPORTER = Importer("a spec", ENDINGS, load)
