"""Drawings in DOT, the language of Graphviz, which the forms `svg`, `png` and `pdf` give to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import graphviz

from ..results.costs import Cost
from ..views.diagram import Box, Diagram, Edge, Frame
from ..views.drawing import DIAGRAM_SETTINGS, Drawing, DrawingForm
from ._captions import box_caption, box_title, frame_title, joined, labelled, spaced, symbol
from ._colours import THEMES, Theme, is_opaque, look, on, tint
from ._dot import bar, bold, box, digraph, large, plain, rows, scale, sign, small

_DIRECTIONS = {"down": "TB", "right": "LR"}
_DASHED = {"style": "rounded,filled,dashed"}
_STEPS = 6
"""Of the legend's scale."""


def draw(drawing: Drawing) -> str:
    """The drawing as one digraph; two networks stand side by side in it."""
    theme = THEMES[drawing.ground]
    heading = rows(_heading(drawing, theme))
    dot = digraph(theme, _DIRECTIONS[drawing.direction or "down"], label=heading)
    pairs = list(zip(drawing.diagrams, drawing.costs, strict=True))
    for diagram, cost in (
        pairs if drawing.direction != "right" else pairs[::-1]
    ):  # from the bottom up
        network = _Network(drawing, diagram, cost, theme)
        if len(drawing.diagrams) == 1:
            network.add_to(dot)
            continue
        with dot.subgraph(name=f"cluster_{diagram.whole.key}") as side:
            side.attr(label=rows(_title(diagram)), fillcolor=theme.ground, penwidth="0")
            network.add_to(side)
    return str(dot.source)


@dataclass(frozen=True)
class _Network:
    """One of the drawing's networks, and how it is drawn."""

    drawing: Drawing
    diagram: Diagram
    cost: Cost
    theme: Theme

    def add_to(self, dot: graphviz.Digraph) -> None:
        self._add(dot, self.diagram.whole.children, 0)
        _add_edges(dot, self.diagram.edges)
        for number, (key, shape) in enumerate(self.diagram.outputs, start=1):
            given = f"{self.diagram.whole.key}out{number}"
            text = rows([f'<FONT COLOR="{self.theme.faint}">{plain(spaced(shape))}</FONT>'])
            dot.node(given, label=text, shape="plaintext", style="")
            dot.edge(key, given)

    def _add(self, dot: graphviz.Digraph, children: Iterable[Box | Frame], level: int) -> None:
        for child in children:
            if isinstance(child, Box):
                self._add_box(dot, child)
                continue
            with dot.subgraph(name=f"cluster_{child.key}") as inner:
                fill = self.theme.frames[min(level, 1)]
                title = rows([bold(frame_title(child))])
                inner.attr(label=title, fillcolor=fill, labeljust="l", penwidth="1")
                self._add(inner, child.children, level + 1)

    def _add_box(self, dot: graphviz.Digraph, child: Box) -> None:
        share = self.drawing.share(child, self.cost)
        tinted = self.drawing.color_by is not None
        fill = tint(self.theme, share) if tinted else self.theme.kinds[look(child)]
        if text := symbol(child.part):
            words = filter(None, (joined(child.part), self.cost.told(child.layers, child.repeat)))
            sign(dot, child.key, text, ", ".join(words), fill, self.theme.line)
        else:
            dashed = _DASHED | {"color": self.theme.line} if is_opaque(child) else {}
            box(dot, child.key, self._markup(child, share, fill), fill, **dashed)

    def _markup(self, child: Box, share: float, fill: str) -> Iterator[str]:
        """The caption, the cost, and its bar."""
        yield bold(box_title(child))
        yield from map(small, box_caption(child).lines)
        if figure := self.cost.told(child.layers, child.repeat):
            yield small(figure)
            colour = on(fill) if self.drawing.color_by else self.theme.bar
            yield bar(share, colour, self.theme.track)


def _add_edges(dot: graphviz.Digraph, edges: Sequence[Edge]) -> None:
    for edge, lines in labelled(edges):
        again = {"style": "dashed", "constraint": "false"} if edge.again else {}
        dot.edge(edge.source, edge.target, label=rows(map(plain, lines)), **again)


def _heading(drawing: Drawing, theme: Theme) -> Iterator[str]:
    """The title of a single network, and the legend."""
    if len(drawing.diagrams) == 1:
        yield from _title(drawing.diagrams[0])
    if drawing.color_by:
        cost = drawing.costs[0]
        colours = [tint(theme, step / _STEPS) for step in range(_STEPS + 1)]
        yield scale(colours, f"{cost.title}: 0", cost.said(drawing.most))


def _title(diagram: Diagram) -> Iterator[str]:
    report = diagram.report
    yield large(report.graph.name)
    yield small(f"{report.graph.signature}, {report.headline()}")


DRAWING = DrawingForm(draw, (".dot", ".gv"), uses=DIAGRAM_SETTINGS)
