"""Specs as TOML, JSON and YAML."""

from __future__ import annotations

from pathlib import Path

from ..spec.files import ENDINGS
from ..spec.files import load as read
from ..spec.spec import Spec
from .importer import Importer, InputShape


def load(path: Path, input_shape: InputShape | None = None) -> Spec:
    """The spec of a file, for an image of another shape where one is given."""
    return read(path).with_input(input_shape)


IMPORTER = Importer("a spec", ENDINGS, load)
