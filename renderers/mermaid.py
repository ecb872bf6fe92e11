"""Drawings in Mermaid, which Git hosting sites draw inside Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from ..costs import Cost
from ..diagram import Box, Edge, Frame
from ..drawing import Drawing
from ..errors import DrawError
from ._captions import box_caption, edge_lines, frame_title, joined, symbol, times
from ._colours import THEMES, look, on, tint
from ._text import printable

ENDINGS = (".mmd", ".mermaid")
_MOST_EDGES = 500
_MOST_CHARACTERS = 50_000
"""Beyond either, Mermaid draws nothing but a message (its maxEdges and maxTextSize)."""
_DIRECTIONS = {"down": "TB", "right": "LR"}


def draw(drawing: Drawing) -> str:
    """The drawing as a flowchart.

    Raises:
        DrawError: it is larger than Mermaid draws.
    """
    text = "\n".join(_lines(drawing)) + "\n"
    edges = sum(len(made.edges) for made in drawing.diagrams)
    if edges > _MOST_EDGES or len(text) > _MOST_CHARACTERS:
        raise DrawError(
            f"{edges:,} edges in {len(text):,} characters are more than Mermaid draws",
            why=f"its limits are {_MOST_EDGES} edges and {_MOST_CHARACTERS:,} characters",
            fix="--depth blocks or stages, --fold, or another form: html draws any size",
        )
    return text


def _lines(drawing: Drawing) -> Iterator[str]:
    theme = THEMES[drawing.theme]
    yield f"flowchart {_DIRECTIONS[drawing.direction]}"
    several = len(drawing.diagrams) > 1
    for made, cost in zip(drawing.diagrams, drawing.costs, strict=True):
        if several:
            yield f"  subgraph {made.whole.key}[{_quoted(made.report.graph.name)}]"
        for child in made.whole.children:
            yield from _child(child, cost, drawing, "  ")
        if several:
            yield "  end"
        for edge in made.edges:
            yield f"  {_edge(edge)}"
    for name, fill in theme.kinds.items():
        yield f"  classDef {name} fill:{fill},color:{on(fill)},stroke:{theme.border}"


def _child(child: Box | Frame, cost: Cost, drawing: Drawing, indent: str) -> Iterator[str]:
    if isinstance(child, Frame):
        yield f"{indent}subgraph {child.key}[{_quoted(frame_title(child))}]"
        for inner in child.children:
            yield from _child(inner, cost, drawing, indent + "  ")
        yield f"{indent}end"
        return
    yield f"{indent}{child.key}{_node(child, cost)}:::{look(child)}"
    if drawing.color_by:
        fill = tint(THEMES[drawing.theme], drawing.share(child, cost))
        yield f"{indent}style {child.key} fill:{fill},color:{on(fill)}"


def _node(box: Box, cost: Cost) -> str:
    if sign := symbol(box.part):
        words = joined(box.part)
        return f"([{_quoted(f'{sign} {words}')}])" if words else f"(({_quoted(sign)}))"
    caption = box_caption(box)
    number = cost.of(box.layers)
    lines = (caption.title + times(box.repeat), *caption.lines, cost.said(number) if number else "")
    return f"[{_quoted(*filter(None, lines))}]"


def _edge(edge: Edge) -> str:
    arrow = "-.->" if edge.again else "-->"
    return f"{edge.source} {arrow}|{_quoted(*edge_lines(edge))}| {edge.target}"


def _quoted(*lines: str) -> str:
    """Text in quotes; whatever means something to Mermaid or to HTML is told by its number."""
    return '"' + "<br/>".join("".join(map(_plain, printable(line))) for line in lines) + '"'


def _plain(character: str) -> str:
    safe = character.isalnum() or character in " .,:+-/"
    return character if safe else f"#{ord(character)};"
