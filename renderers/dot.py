"""Drawings in DOT, the language of Graphviz, which the forms `svg`, `png` and `pdf` give to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import graphviz

from ..costs import Cost
from ..diagram import Box, Diagram, Edge, Frame
from ..drawing import Drawing
from ._captions import box_caption, frame_title, joined, labelled, symbol, times
from ._colours import THEMES, Theme, look, tint
from ._dot import bar, bold, box, digraph, large, plain, rows, scale, sign, small

ENDINGS = (".dot", ".gv")
_DIRECTIONS = {"down": "TB", "right": "LR"}
_STEPS = 6
"""Of the legend's scale."""


def draw(drawing: Drawing) -> str:
    """The drawing as one digraph; two networks stand side by side in it."""
    theme = THEMES[drawing.theme]
    heading = list(_heading(drawing, theme))
    dot = digraph(theme, _DIRECTIONS[drawing.direction], label=rows(heading))
    for made, cost in zip(drawing.diagrams, drawing.costs, strict=True):
        network = _Network(drawing, made, cost, theme)
        if len(drawing.diagrams) == 1:
            network.add_to(dot)
            continue
        with dot.subgraph(name=f"cluster_{made.whole.key}") as side:
            side.attr(label=rows(_title(made)), fillcolor=theme.ground, penwidth="0")
            network.add_to(side)
    return str(dot.source)


@dataclass(frozen=True)
class _Network:
    """One of the drawing's networks, and how it is drawn."""

    drawing: Drawing
    made: Diagram
    cost: Cost
    theme: Theme

    def add_to(self, dot: graphviz.Digraph) -> None:
        self._add(dot, self.made.whole.children, 0)
        _add_edges(dot, self.made.edges)

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
            sign(dot, child.key, text, joined(child.part), fill, self.theme.line)
        else:
            box(dot, child.key, self._markup(child, share), fill)

    def _markup(self, child: Box, share: float) -> Iterator[str]:
        """The caption, the cost, and its bar."""
        caption = box_caption(child)
        yield bold(caption.title + times(child.repeat))
        yield from map(small, caption.lines)
        if number := self.cost.of(child.layers):
            yield small(self.cost.said(number))
            yield bar(share, self.theme)


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


def _title(made: Diagram) -> Iterator[str]:
    report = made.report
    yield large(report.graph.name)
    yield small(f"{report.graph.signature}, {report.params:,} params, {report.macs:,} MACs")
