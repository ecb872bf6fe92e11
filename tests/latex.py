"""LaTeX, where it is installed, and the documents that it makes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

LATEX = shutil.which("pdflatex")


def compiled(text: str, folder: Path) -> bytes:
    """The PDF that LaTeX makes of a document."""
    (folder / "net.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape"]
    result = subprocess.run(
        [*command, r"\pdfobjcompresslevel=0\input{net.tex}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout[-2000:]
    assert "(1 page" in result.stdout
    assert "Overfull" not in result.stdout
    return (folder / "net.pdf").read_bytes()
