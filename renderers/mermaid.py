"""Drawings in Mermaid, which Git hosting sites draw inside Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from ..results.costs import Cost
from ..support.errors import DrawError
from ..views.diagram import Box, Frame
from ..views.drawing import DIAGRAM_SETTINGS, Drawing, DrawingForm
from ._captions import box_caption, box_title, frame_title, joined, labelled, spaced, symbol
from ._colours import THEMES, is_opaque, look, on, tint
from ._text import printable

_MOST_EDGES = 500
_MOST_CHARACTERS = 50_000
"""Beyond either, Mermaid draws nothing but a message (its maxEdges and maxTextSize)."""
_FRAMES = ("outer", "inner")
_DIRECTIONS = {"down": "TB", "right": "LR"}


def draw(drawing: Drawing) -> str:
    """The drawing as a flowchart.

    Raises:
        DrawError: it is larger than Mermaid draws.
    """
    text = "\n".join(_lines(drawing)) + "\n"
    edges = sum(len(diagram.edges) + len(diagram.outputs) for diagram in drawing.diagrams)
    if edges > _MOST_EDGES or len(text) > _MOST_CHARACTERS:
        raise DrawError(
            f"{edges:,} edges in {len(text):,} characters are more than Mermaid draws",
            why=f"its limits are {_MOST_EDGES} edges and {_MOST_CHARACTERS:,} characters",
            fix="--depth blocks or stages, --fold, or another form: html draws any size",
        )
    return text


def _lines(drawing: Drawing) -> Iterator[str]:
    theme = THEMES[drawing.ground]
    direction = _DIRECTIONS[drawing.direction or "down"]
    if drawing.ground == "dark":
        yield '%%{init: {"theme": "dark"}}%%'
    yield f"flowchart {direction}"
    several = len(drawing.diagrams) > 1
    pairs = list(zip(drawing.diagrams, drawing.costs, strict=True))
    for diagram, cost in reversed(pairs):  # Mermaid puts the last one on the left
        if several:
            yield f"  subgraph {diagram.whole.key}[{_quoted(diagram.report.graph.name)}]"
            yield f"    direction {direction}"
        for child in diagram.whole.children:
            yield from _child(child, cost, drawing, "  ")
        if several:
            yield "  end"
            yield f"  class {diagram.whole.key} ground"
        for edge, lines in labelled(diagram.edges):
            arrow = "-.->" if edge.again else "-->"
            label = f"|{_quoted(*lines)}|" if lines else ""
            yield f"  {edge.source} {arrow}{label} {edge.target}"
        for number, (key, shape) in enumerate(diagram.outputs, start=1):
            yield f"  {key} --> {diagram.whole.key}out{number}[{_quoted(spaced(shape))}]:::ground"
    for name, fill in theme.kinds.items():
        yield f"  classDef {name} fill:{fill},color:{on(fill)},stroke:{theme.border}"
    for name, fill in (("ground", theme.ground), *zip(_FRAMES, theme.frames, strict=True)):
        yield f"  classDef {name} fill:{fill},color:{theme.text},stroke:{theme.border}"
    yield f"  classDef sign fill:{theme.ground},color:{theme.text},stroke:{theme.line}"


def _child(
    child: Box | Frame, cost: Cost, drawing: Drawing, indent: str, level: int = 0
) -> Iterator[str]:
    if isinstance(child, Frame):
        yield f"{indent}subgraph {child.key}[{_quoted(frame_title(child))}]"
        for inner in child.children:
            yield from _child(inner, cost, drawing, indent + "  ", level + 1)
        yield f"{indent}end"
        yield f"{indent}class {child.key} {_FRAMES[min(level, 1)]}"
        return
    name = "sign" if symbol(child.part) else look(child)
    yield f"{indent}{child.key}{_node(child, cost)}:::{name}"
    if is_opaque(child):
        yield f"{indent}style {child.key} stroke-dasharray:4 3"
    if drawing.color_by:
        fill = tint(THEMES[drawing.ground], drawing.share(child, cost))
        yield f"{indent}style {child.key} fill:{fill},color:{on(fill)}"


def _node(box: Box, cost: Cost) -> str:
    figure = cost.told(box.layers, box.repeat)
    if sign := symbol(box.part):
        words = ", ".join(filter(None, (joined(box.part), figure)))
        return f"([{_quoted(f'{sign} {words}')}])" if words else f"(({_quoted(sign)}))"
    lines = (box_title(box), *box_caption(box).lines, figure)
    return f"[{_quoted(*filter(None, lines))}]"


def _quoted(*lines: str) -> str:
    """Text in quotes; whatever means something to Mermaid or to HTML is told by its number."""
    return '"' + "<br/>".join(map(_line, lines)) + '"'


def _line(text: str) -> str:
    """A line; Mermaid would make a list of one that begins as in Markdown."""
    text = printable(text)
    first = f"#{ord(text[0])};" if text[:1] in ("+", "-") else _plain(text[:1])
    return first + "".join(map(_plain, text[1:]))


def _plain(character: str) -> str:
    safe = not character or character.isalnum() or character in " .,:+-/"
    return character if safe else f"#{ord(character)};"


DRAWING = DrawingForm(draw, (".mmd", ".mermaid"), uses=DIAGRAM_SETTINGS)
