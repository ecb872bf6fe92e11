"""Runs Graphviz, and says what to do where it is missing."""

from __future__ import annotations

import subprocess
from typing import Literal

import graphviz

from ..support.errors import GraphvizError

_WITHOUT = "svg, html, tikz, mermaid, markdown, text, json and dot need no Graphviz"


def run(source: str, form: str, engine: Literal["dot", "neato"] = "dot") -> bytes:
    """What Graphviz makes of `source` in a form.

    Args:
        engine: what lays it out; `neato` keeps the places that all nodes have.

    Raises:
        GraphvizError: `dot` is not installed, or fails.
    """
    try:
        placed = 2 if engine == "neato" else None
        text = source.encode("utf-8", "replace")
        content = bytes(graphviz.pipe(engine, form, text, neato_no_op=placed, quiet=True))
    except graphviz.ExecutableNotFound:
        raise GraphvizError(
            f"the program {engine}, which this form needs, is not installed",
            why="it is a part of Graphviz",
            fix=f"apt install graphviz (Debian, Raspberry Pi OS), brew install graphviz (macOS), "
            f"or another form: {_WITHOUT}",
        ) from None
    except subprocess.CalledProcessError as error:
        lines = (error.stderr or b"").decode("utf-8", "replace").strip().splitlines()
        raise GraphvizError(
            f"dot cannot make {form}: {lines[0] if lines else f'exit code {error.returncode}'}",
            fix=f"another form: {_WITHOUT}",
        ) from None
    if not content:
        raise GraphvizError(f"dot makes no {form}", fix=f"another form: {_WITHOUT}")
    return content
