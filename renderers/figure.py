"""The HENet paper's own figures, drawn from the rules: 1, 2 (b) and 3 (c), as SVG."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

from ..support.errors import DrawError
from ..views.drawing import Drawing, DrawingForm
from ._colours import THEMES
from ._figure_blocks import blocks, topology
from ._figure_channels import SVG, channels
from ._graphviz import run
from ._text import printable

_GAP = 34


def draw(drawing: Drawing) -> bytes:
    """One figure, or all of them below each other.

    Raises:
        DrawError: the network has not what a figure shows, or there are two networks.
        GraphvizError: figures 1 and 3 (c) need Graphviz.
    """
    if len(drawing.reports) > 1:
        raise DrawError("the paper's figures are of one network", fix="no --compare")
    wanted = [drawing.figure] if drawing.figure else list(_FIGURES)
    result = [(_FIGURES[name][0], _FIGURES[name][1](drawing)) for name in wanted]
    ElementTree.register_namespace("", SVG)
    sheet = _stacked(result, drawing)
    text: bytes = ElementTree.tostring(sheet, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _laid_out(source: Callable[[Drawing], str]) -> Callable[[Drawing], ElementTree.Element]:
    """What Graphviz makes of a figure in DOT."""

    def made(drawing: Drawing) -> ElementTree.Element:
        svg = ElementTree.fromstring(run(source(drawing), "svg"))  # noqa: S314  (dot wrote it)
        for element in svg.iter():
            element.attrib.pop("id", None)
        return svg

    return made


_FIGURES: dict[str, tuple[str, Callable[[Drawing], ElementTree.Element]]] = {
    "1": ("Figure 1. Building blocks of three families", _laid_out(blocks)),
    "2b": ("Figure 2 (b). Channels of {} through two convolutions", channels),
    "3c": ("Figure 3 (c). Skips of {}", _laid_out(topology)),
}


def _stacked(
    figures: list[tuple[str, ElementTree.Element]], drawing: Drawing
) -> ElementTree.Element:
    """One SVG with the figures below each other, each under its title."""
    theme = THEMES[drawing.ground]
    sizes = [_size(svg) for _, svg in figures]
    width = max(width for width, _ in sizes)
    height = sum(height + _GAP for _, height in sizes)
    view = {
        "viewBox": f"0 0 {width:g} {height:g}",
        "width": f"{width:g}pt",
        "height": f"{height:g}pt",
    }
    sheet = ElementTree.Element(f"{{{SVG}}}svg", view)
    ElementTree.SubElement(sheet, f"{{{SVG}}}rect", width="100%", height="100%", fill=theme.ground)
    y = 0.0
    for (title, svg), (own_width, own_height) in zip(figures, sizes, strict=True):
        look = {
            "font-family": "Helvetica, Arial, sans-serif",
            "font-size": "14",
            "fill": theme.text,
        }
        text = ElementTree.SubElement(
            sheet, f"{{{SVG}}}text", {"x": "8", "y": f"{y + 22:g}", **look}
        )
        text.text = title.format(printable(drawing.name))
        svg.attrib |= {"y": f"{y + _GAP:g}", "width": f"{own_width:g}", "height": f"{own_height:g}"}
        sheet.append(svg)
        y += own_height + _GAP
    return sheet


def _size(svg: ElementTree.Element) -> tuple[float, float]:
    width, height = (float(svg.attrib[key].removesuffix("pt")) for key in ("width", "height"))
    return width, height


DRAWING = DrawingForm(draw, ("-figure.svg",), uses=("theme",), alone=True)
