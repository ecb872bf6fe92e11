"""Feature maps as slabs: of the network's own shapes, to scale, none over another."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from henet_arch.renderers.diagram.content import width_of
from henet_arch.renderers.diagram.maps import OBLIQUE, maps
from latex import LATEX, compiled

import henet_arch as ha
from henet_arch.support.errors import DrawError
from henet_arch.views.page_size import PAGES

SVG = "{http://www.w3.org/2000/svg}"
NETWORKS = ("henet-r3", "vgg16", "resnet50", "googlenet", "mobilenetv2", "densenet121", "lenet5")


def _shape(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.sub(r" \(x\d+\)", "", text).split(" x ")))


@pytest.mark.parametrize("name", NETWORKS)
def test_slabs_are_maps_of_the_network(name: str) -> None:
    own = maps(ha.draw(name, figure="maps"))
    report = ha.analyze(name)
    shapes = {tuple(node.shape) for node in report.graph}
    assert {_shape(slab.words.text) for slab in own.slabs} <= shapes
    assert _shape(own.slabs[0].words.text) == report.graph.input_shape
    assert _shape(own.slabs[-1].words.text) == report.graph[report.graph.outputs[0]].shape


@pytest.mark.parametrize("name", NETWORKS)
def test_edges_are_to_scale(name: str) -> None:
    slabs = [s for s in maps(ha.draw(name, figure="maps")).slabs if "x" in s.words.text]
    high = {s.high**2 / _shape(s.words.text)[1] for s in slabs if len(_shape(s.words.text)) == 3}
    deep = {s.deep**2 / _shape(s.words.text)[2] for s in slabs if len(_shape(s.words.text)) == 3}
    thick = {
        s.thick**2 / _shape(s.words.text)[0]
        for s in slabs
        if len(_shape(s.words.text)) == 3 and s.thick > 3
    }
    assert all(max(each) == pytest.approx(min(each)) for each in (high, deep, thick))


@pytest.mark.parametrize("page", [None, "a4", "column", "slide"])
@pytest.mark.parametrize("name", NETWORKS)
def test_nothing_overlaps(name: str, page: Any) -> None:
    own = maps(ha.draw(name, figure="maps", fit=page))
    boxes = [
        (s.x, s.y - s.high - s.deep * OBLIQUE, s.x + s.thick + s.deep * OBLIQUE, s.y)
        for s in own.slabs
    ]
    boxes += [(x, y - w.size * 0.7, x + width_of(w), y) for x, y, w in own.texts]
    for index, (left, top, right, bottom) in enumerate(boxes):
        assert left >= 0
        assert right <= own.width
        assert bottom <= own.height
        for other in boxes[index + 1 :]:
            apart = max(left - other[2], other[0] - right, top - other[3], other[1] - bottom)
            assert apart > -0.01
    if page:
        assert own.width * own.scale == pytest.approx(PAGES[page].width)
        assert min(w.size for _, _, w in own.texts) * own.scale >= 5.99


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_have_three_faces_for_each_slab(theme: Any) -> None:
    drawing = ha.draw("henet-r3", figure="maps", theme=theme)
    svg = ElementTree.fromstring(drawing.render("svg"))
    slabs = svg.findall(f"{SVG}g[@class='map']")
    assert len(slabs) == len(maps(drawing).slabs)
    assert all(len(slab.findall(f"{SVG}polygon")) == 3 for slab in slabs)
    assert drawing.render("pdf").startswith(b"%PDF")


def test_what_is_not_drawn_so() -> None:
    with pytest.raises(DrawError, match="the form mermaid does not draw maps"):
        ha.draw("lenet5", figure="maps").render("mermaid")
    with pytest.raises(DrawError, match="do not fit") as error:
        ha.draw("resnet50", figure="maps", fit="40x20mm").render("svg")
    assert "they need" in error.value.why


@pytest.mark.skipif(not LATEX, reason="LaTeX is not installed")
@pytest.mark.parametrize("name", ["resnet50", "lenet5"])
def test_latex_takes_it(name: str, tmp_path: Path) -> None:
    text = ha.draw(name, figure="maps", fit="a4").render("tikz").decode()
    assert text.count("\n\\slab{") == len(maps(ha.draw(name, figure="maps", fit="a4")).slabs)
    compiled(text, tmp_path)


def test_a_long_name_is_inside() -> None:
    spec = ha.Spec(name="N" * 64, channels=(4, 8), repeats=0)
    root = ElementTree.fromstring(ha.draw(spec, figure="maps").render("svg"))
    width = float(root.attrib["viewBox"].split()[2])
    own = maps(ha.draw(spec, figure="maps"))
    assert all(x + width_of(words) <= width for x, _, words in own.texts)
