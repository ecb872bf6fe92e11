"""Figures that matplotlib draws, written whole or not at all."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...support.errors import FileError
from ...support.files import write_bytes
from ...support.optional import need

_FORMS = (".svg", ".png", ".pdf")
_SETTINGS = {"svg.hashsalt": "henet-arch", "svg.fonttype": "none", "font.family": "sans-serif"}


def drawing_form(path: Path) -> str:
    """The form that the ending of `path` says.

    Raises:
        FileError: it says none.
        ExtraError: matplotlib is not installed.
    """
    form = path.suffix.lower()
    if form not in _FORMS:
        raise FileError(
            f"{path.name!r} does not say how to draw it", fix=f"end in {', '.join(_FORMS)}"
        )
    need("matplotlib", "train")
    return form


@contextmanager
def saved_figure(path: Path, inches: tuple[float, float]) -> Iterator[Any]:
    """An empty figure, written to `path` at the end in the form that its ending says.

    Raises:
        FileError: the ending says no form, or the file cannot be written.
        ExtraError: matplotlib is not installed.
    """
    form = drawing_form(path)
    matplotlib = need("matplotlib", "train")
    with matplotlib.rc_context(_SETTINGS):
        figure = need("matplotlib.figure", "train").Figure(figsize=inches, layout="constrained")
        yield figure
        content = io.BytesIO()
        metadata = {"Date": None} if form == ".svg" else None
        figure.savefig(content, format=form[1:], dpi=150, metadata=metadata)
    write_bytes(path, content.getvalue())
