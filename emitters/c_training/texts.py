"""The files of C in `text`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from string import Template

_TEXTS = files(__package__) / "text"


def text(name: str) -> str:
    """One of them."""
    return (_TEXTS / name).read_text(encoding="utf-8")


def filled(name: str, values: Mapping[str, object]) -> str:
    """One of them with values for its names."""
    return Template(text(name)).substitute(values)
