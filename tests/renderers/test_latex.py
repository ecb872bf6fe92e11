"""Reports as LaTeX: text stays text, and pdflatex sets what every command says."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cli.run import run
from henet_arch.renderers.latex import escaped

import henet_arch as ha
from henet_arch.forms import rendered
from henet_arch.results.table import Column, Row, Table

SPECIAL = r"\ { } $ & # % _ ^ ~ < > | \" ` [ ] -- ≥ µ … \input{x} 3x31x31 -> 10"


class Hostile:
    """A result whose every text has all that LaTeX reads as its own."""

    def tables(self) -> list[Table]:
        columns = [Column(SPECIAL), Column("text", prose=True), Column("[n]", number=True)]
        rows = [Row([SPECIAL, SPECIAL * 3, 1]), Row(["[x]", "", 2], "total")]
        return [Table(SPECIAL, columns, rows, [SPECIAL]), Table("no rows", (), (), [SPECIAL])]

    def to_dict(self) -> dict[str, Any]:
        return {"records": self.records()}

    def records(self) -> list[dict[str, Any]]:
        return [{SPECIAL: SPECIAL}]


def _set(folder: Path, *tables: str) -> str:
    """The text of the pages that pdflatex makes, which has no error."""
    (folder / "main.tex").write_text(
        "\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage{textcomp}"
        "\\usepackage{booktabs,longtable,tabularx}\\begin{document}"
        + "\\clearpage\n".join(tables)
        + "\\end{document}\n"
    )
    line = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "main.tex"]
    ended = subprocess.run(line, cwd=folder, capture_output=True, text=True, errors="replace")
    assert ended.returncode == 0, ended.stdout[-2000:]
    if not shutil.which("pdftotext"):
        return ""
    text = subprocess.run(
        ["pdftotext", "-layout", "main.pdf", "-"], cwd=folder, capture_output=True
    )
    return text.stdout.decode()


def test_a_table_has_a_caption_a_label_and_the_lines_of_booktabs() -> None:
    text = str(rendered(ha.analyze("henet-r3"), "latex"))
    for part in (
        "% \\usepackage{booktabs}",
        "\\begin{table}",
        "\\caption{henet-r3: $3\\times 31\\times 31$ $\\to$ 10}",
        "\\label{tab:henet-r3-3x31x31-10}",
        "\\toprule",
        "\\midrule",
        "\\bottomrule",
        "\\textbf{total}",
        "10,046,040",
    ):
        assert part in text
    rows = [line for line in text.splitlines() if line.endswith("\\\\")]
    assert len({line.count("&") for line in rows}) == 1


def test_a_long_table_goes_over_pages_and_labels_differ() -> None:
    text = run("explain", "lenet5", "-f", "latex").out
    labels = re.findall(r"\\label\{(.*?)\}", run("reconcile", "lenet5", "-f", "latex").out)
    assert len(labels) == len(set(labels)) == 2
    assert "\\begin{tabularx}{\\linewidth}" in text
    assert "\\begin{longtable}" in run("analyze", "--depth", "layers", "-f", "latex").out


def test_no_sign_of_latex_is_left() -> None:
    plain = escaped(r"\{}$&#%_^~")
    assert not re.search(r"(?<!\\)[$&#%_^~]", re.sub(r"\\[a-z]+\{\}", "", plain))


def test_the_ending_says_the_form() -> None:
    assert run("analyze", "henet-r2", "-o", "net.tex").code == 0
    assert Path("net.tex").read_text() == run("analyze", "henet-r2", "-f", "latex").out


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is not installed")
def test_pdflatex_sets_it(tmp_path: Path) -> None:
    lines = (
        "analyze henet-r3",
        "analyze henet-r3 --depth layers",
        "explain henet-r2 stage1.down",
        "reconcile henet-r2",
        "analyze henet-r2 --analysis mixing",
        "lint henet-r3",
        "list vgg",
    )
    tables = [run(*line.split(), "-f", "latex").out for line in lines]
    text = _set(tmp_path, *tables, str(rendered(Hostile(), "latex")))
    if text:
        assert "10,046,040" in text
        assert "\\input{x}" in text.replace(" ", "")
