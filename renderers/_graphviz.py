"""Runs Graphviz, and says what to do where it is missing."""

from __future__ import annotations

import subprocess

import graphviz

from ..support.errors import GraphvizError

_WITHOUT = "html, mermaid, markdown, text, json and dot need no Graphviz"


def run(source: str, form: str) -> bytes:
    """What `dot -T<form>` makes of `source`.

    Raises:
        GraphvizError: `dot` is not installed, or fails.
    """
    try:
        content = bytes(graphviz.pipe("dot", form, source.encode("utf-8", "replace"), quiet=True))
    except graphviz.ExecutableNotFound:
        raise GraphvizError(
            "the program dot, which this form needs, is not installed",
            why="Graphviz lays the diagram out",
            fix=f"apt install graphviz (Debian, Raspberry Pi OS), brew install graphviz (macOS), "
            f"or another form: {_WITHOUT}",
        ) from None
    except subprocess.CalledProcessError as error:
        text = (error.stderr or b"").decode("utf-8", "replace").strip().splitlines()
        raise GraphvizError(
            f"dot cannot make {form}: {text[0] if text else f'exit code {error.returncode}'}",
            fix=f"another form: {_WITHOUT}",
        ) from None
    if not content:
        raise GraphvizError(f"dot makes no {form}", fix=f"another form: {_WITHOUT}")
    return content
