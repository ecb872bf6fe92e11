"""A notebook as a page: its text, its code, and what each cell gave when it was last run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def page(path: Path) -> str:
    """The notebook as Markdown, with a link to the file itself."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    download = f"[Download this notebook]({path.name})\n"
    parts = [part for cell in cells for part in _cell(cell)]
    return "\n".join([parts[0], download, *parts[1:]])


def _cell(cell: dict[str, Any]) -> Iterator[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield f"{source}\n"
        return
    yield f"```python\n{source}\n```\n"
    for output in cell["outputs"]:
        yield _output(output)


def _output(output: dict[str, Any]) -> str:
    """The richest form that a page shows: a picture, a table, or text."""
    data = output.get("data", {})
    if "image/svg+xml" in data:
        svg = "".join(data["image/svg+xml"])
        return f'<div class="picture">{_one_block(svg[svg.index("<svg") :])}</div>\n'
    if "text/html" in data:
        return f'<div class="report">{_one_block("".join(data["text/html"]))}</div>\n'
    text = "".join(output.get("text") or data["text/plain"])
    return f"```text\n{text.rstrip()}\n```\n"


def _one_block(html: str) -> str:
    """HTML without empty lines, at which Markdown would end it."""
    return "\n".join(line for line in html.splitlines() if line.strip())
