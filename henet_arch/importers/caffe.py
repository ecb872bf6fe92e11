"""Caffe's networks, with their weights where there are any."""

from __future__ import annotations

import re
from pathlib import Path

from ..ir.model import Model
from .importer import Importer, InputShape


def load(path: Path, input_shape: InputShape | None = None) -> Model:
    """The network of a prototxt, as `_caffe.files.load` reads it: its parsers are loaded for it."""
    from ._caffe.files import load as read

    return read(path, input_shape)


def _recognizes(start: bytes) -> bool:
    return re.search(rb"(?m)^\s*layers?\s*\{", start) is not None


IMPORTER = Importer("a Caffe network", (".prototxt",), load, _recognizes)
