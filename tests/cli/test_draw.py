"""`henet-arch draw`: where drawings go, and what is said of them."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cli.run import run

from henet_arch.forms import DRAWINGS


def test_alone_it_writes_an_svg_here() -> None:
    outcome = run("draw")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "wrote henet-r3.svg\n")
    ElementTree.parse("henet-r3.svg")
    assert [path.name for path in Path().iterdir()] == ["henet-r3.svg"]


def test_without_graphviz_it_writes_svg_and_says_what_needs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    assert run("draw", "henet-r2").err == "wrote henet-r2.svg\n"
    asked = run("draw", "henet-r2", "-o", "net.pdf")
    assert asked.code == 3
    assert "apt install graphviz" in asked.err
    assert [path.name for path in Path().iterdir()] == ["henet-r2.svg"]


def test_pages_and_maps_reach_the_drawing() -> None:
    assert run("draw", "lenet5", "--fit", "100x150mm").err == "wrote lenet5.svg\n"
    assert 'width="283.46pt"' in Path("lenet5.svg").read_text()
    shown = run("draw", "lenet5", "--figure", "maps", "-f", "tikz", "-o", "-").out
    assert "\\slab{conv}" in shown
    run("draw", "lenet5", "--figure", "maps", "--fit", "column", "-o", "maps.svg")
    assert ">6 x 28 x 28</text>" in Path("maps.svg").read_text()


@pytest.mark.parametrize("form", sorted(DRAWINGS))
def test_every_form_goes_to_the_file_that_is_named_and_to_its_own(form: str) -> None:
    ending = DRAWINGS[form].endings[0]
    assert run("draw", "henet-r2", "--output", f"net{ending}").err == f"wrote net{ending}\n"
    outcome = run("draw", "henet-r2", "--format", form)
    assert outcome.code == 0
    written = Path(f"net{ending}").read_bytes()
    if form == "text":
        assert outcome.out.encode() == written
    else:
        assert (outcome.out, outcome.err) == ("", f"wrote henet-r2{ending}\n")
        assert Path(f"henet-r2{ending}").read_bytes() == written


def test_a_form_by_name_goes_to_any_file_or_to_standard_output() -> None:
    assert run("draw", "-f", "json", "-o", "numbers").err == "wrote numbers\n"
    shown = run("draw", "-f", "json", "-o", "-").out
    assert json.loads(shown) == json.loads(Path("numbers").read_text())
    assert run("draw", "-f", "dot", "-o", "-").out.startswith("digraph network {")


def test_options_reach_the_drawing() -> None:
    plain, tinted, dark, right, unfolded = (
        run("draw", "-f", "dot", "-o", "-", *extra.split()).out
        for extra in ("", "--color-by params", "--theme dark", "--direction right", "--no-fold")
    )
    assert "params: 0" in tinted
    assert "params: 0" not in plain
    assert "#12161c" in dark
    assert "rankdir=LR" in right
    assert ">x3<" in plain
    assert ">x3<" not in unfolded
    both = run("draw", "--compare", "shufflenet-r5", "-f", "text").out
    assert "henet-r3: 3x31x31" in both
    assert "shufflenet-r5: 3x31x31" in both
    assert run("draw", "--compare", "shufflenet-r5").err == "wrote henet-r3-vs-shufflenet-r5.svg\n"
    figure = run("draw", "-f", "figure", "--figure", "2b", "-o", "-").out
    assert "Figure 2 (b)" in figure
    assert "Figure 1" not in figure


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("--format foo", 2, "unknown drawing form 'foo'; known names: dot, figure, html,"),
        ("--depth deep", 2, "'deep' is not one of"),
        ("--color-by colour", 2, "'colour' is not one of"),
        ("--output net.gif", 3, "no form of drawings has the ending '.gif'"),
        ("--output net", 3, "'net' has no ending that says its form"),
        ("--output no/net.svg", 3, "cannot write 'no/net.svg'"),
        ("--compare henet-r9", 3, "did you mean henet-r"),
        ("--format json --compare henet-r2", 3, "holds the figures of one network"),
        ("--fit a9", 3, "'a9' is no page"),
        ("efficientnet-b0 --fit column", 3, "with text of 6 pt it needs"),
        ("--fit a4 --format mermaid", 2, "the form mermaid has no use for it"),
        ("--figure maps --depth layers", 2, "the figure maps has no use for it"),
        ("--figure maps --format dot", 3, "the form dot does not draw maps"),
        ("--figure maps --compare henet-r2", 3, "maps are of one network"),
        ("vgg16 --format figure --figure 2b", 3, "no channel shuffle between two convolutions"),
        ("--repeats 90 --depth layers --no-fold -f mermaid", 3, "more than Mermaid draws"),
    ],
)
def test_what_cannot_be_drawn(line: str, code: int, message: str) -> None:
    outcome = run("draw", *line.split())
    assert outcome.code == code
    assert message in outcome.err
    assert outcome.out == ""
    assert not list(Path().iterdir())
