"""TikZ: a document that LaTeX takes, with text that stays text, and a line for what is read."""

from __future__ import annotations

import re
import shutil
import subprocess
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from henet_arch.renderers._latex import escaped
from henet_arch.renderers.diagram.sheet import sheet
from hostile_names import HOSTILE, lists_of_names, renamed
from hypothesis import given
from hypothesis import strategies as st
from latex import LATEX, compiled

import henet_arch as ha
from henet_arch.forms import Picture


@pytest.mark.skipif(not LATEX, reason="LaTeX is not installed")
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("henet-r3", {"fit": "a4"}),
        ("googlenet", {"fit": "slide", "theme": "dark"}),
        ("resnet50", {"direction": "down", "color_by": "params"}),
        ("lenet5", {"depth": "layers"}),
        ("densenet121", {"depth": "stages"}),
    ],
)
def test_latex_takes_it(name: str, settings: Any, tmp_path: Path) -> None:
    drawing = ha.draw(name, **settings)
    pdf = compiled(drawing.render("tikz").decode(), tmp_path)
    own = sheet(drawing)
    box = re.search(rb"/MediaBox \[ *0 0 ([\d.]+) ([\d.]+) *\]", pdf)
    assert box
    assert float(box[1]) == pytest.approx(own.width * own.scale, abs=0.2)
    assert float(box[2]) == pytest.approx(own.height * own.scale, abs=0.2)


@pytest.mark.skipif(
    not (LATEX and shutil.which("pdftotext")), reason="LaTeX or pdftotext is not installed"
)
@pytest.mark.parametrize("name", ["googlenet", "henet-r3"])
def test_no_word_lies_on_another(name: str, tmp_path: Path) -> None:
    """In lists of layers too, whose lines are as far apart as their own size asks."""
    text = ha.draw(name, fit="column").render("tikz").decode()
    compiled(text, tmp_path)
    ended = subprocess.run(
        ["pdftotext", "-bbox", "net.pdf", "-"], cwd=tmp_path, capture_output=True, text=True
    )
    place = re.compile(r'<word xMin="(.+)" yMin="(.+)" xMax="(.+)" yMax="(.+)">')
    words = [tuple(map(float, sides)) for sides in place.findall(ended.stdout)]
    assert len(words) > 50
    for (left, top, right, bottom), other in combinations(words, 2):
        across = min(right, other[2]) - max(left, other[0])
        down = min(bottom, other[3]) - max(top, other[1])
        assert across <= 0 or down <= (bottom - top) / 4


@pytest.mark.skipif(not LATEX, reason="LaTeX is not installed")
def test_latex_takes_hostile_names(tmp_path: Path) -> None:
    names = [*HOSTILE[:12]]
    drawing = Picture((ha.analyze(renamed(names)),), depth="layers")
    compiled(drawing.render("tikz").decode(), tmp_path)


@examples(25)
@given(lists_of_names)
def test_names_are_text(names: list[str]) -> None:
    drawing = Picture((ha.analyze(renamed(names)),), depth="layers")
    text = drawing.render("tikz").decode()
    assert text.isascii()
    assert text.count("\\begin{tikzpicture}") == text.count("\\end{document}") == 1
    body = text.partition("\\begin{document}")[2]
    depth = 0
    for mark in re.findall(r"\\.|[{}]", body):
        depth += {"{": 1, "}": -1}.get(mark, 0)
        assert depth >= 0
    assert depth == 0


@given(st.text())
def test_nothing_of_a_text_is_a_command(text: str) -> None:
    allowed = r"\\(?:[&%$#_{}]|char34\{\}|to|times|mu|geq|text\w+\{\})"
    rest = re.sub(
        allowed,
        "",
        escaped(text)
        .replace(r"$\to$", "")
        .replace(r"$\times$", "")
        .replace(r"$\mu$", "")
        .replace(r"$\geq$", ""),
    )
    assert not re.search(r"[\\{}%$&#_^~]", rest)


def test_it_reads_as_if_written_by_hand() -> None:
    drawing = ha.draw("lenet5")
    lines = drawing.render("tikz").decode().splitlines()
    (plan,) = sheet(drawing).plans
    nodes = [line for line in lines if re.match(r"\\node\[\w+, minimum", line)]
    assert len(nodes) == len(plan.boxes)
    assert sum(line.startswith("\\path[flow]") for line in lines) == len(plan.wires)
    assert "% stage1" in lines
    assert any(re.fullmatch(r"\\path\[flow\] \(\w+\) -- \(\w+\);", line) for line in lines)
    assert any("\\name{5x5 Conv, 6}" in line for line in lines)
    assert max(map(len, lines)) < 160


def test_special_characters_are_escaped() -> None:
    assert escaped(r"50% of a_b {x} \end") == r"50\% of a\_b \{x\} \textbackslash{}end"
    assert escaped("3x31x31 -> 10") == r"3x31x31 $\to$ 10"
