"""Drawings as trees in the terminal, drawn by rich, with a cost and its bar on every line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO
from typing import NamedTuple

from rich.cells import cell_len
from rich.text import Text
from rich.tree import Tree

from ..ir.dims import format_shape
from ..results.costs import Cost
from ..results.layer_report import LayerReport
from ..results.table import Share
from ..results.terminal import bar, console_for
from ..results.text import elided
from ..views.diagram import Box, Diagram, Frame
from ..views.drawing import Drawing, DrawingForm
from ._captions import box_caption, box_title, frame_title, joined, symbol
from ._text import printable

_INDENT = 4
"""Characters that each level of the tree is set in by."""
_BAR = 10
_GAPS = (2, 2, 1)
"""Spaces before an output, a cost and a bar."""
_NAME = 12
"""Characters of a name that people can read."""
_ASCII = str.maketrans("├└│─µ≥…", "|`|-u>~")


class _Line(NamedTuple):
    level: int
    text: str
    layers: tuple[LayerReport, ...]
    share: float | None
    """Of the largest box; None for what holds others."""


class _Widths(NamedTuple):
    """Characters of a line's parts; 0 for one that is left out."""

    names: int
    """From the edge, guides too."""
    shapes: int
    costs: int
    bar: int

    @property
    def line(self) -> int:
        return self.names + sum(
            part + gap for part, gap in zip(self[1:], _GAPS, strict=True) if part
        )


def draw(drawing: Drawing) -> str:
    """One tree for each network, their bars on one scale, no wider than the terminal."""
    terminal = drawing.terminal
    out = StringIO()
    console = console_for(out, terminal.width, colour=terminal.colour)
    for diagram, cost in zip(drawing.diagrams, drawing.costs, strict=True):
        lines = [line for part in diagram.whole.children for line in _lines(part, cost, drawing, 1)]
        widths = _widths(lines, cost, terminal.width)
        console.print(_tree(_title(diagram, cost, drawing), lines, cost, drawing, widths))
        left_out = [
            name
            for name, part in (("outputs", widths.shapes), (cost.title, widths.costs))
            if not part
        ]
        if left_out:
            console.print(Text(f"left out at width {terminal.width}: {', '.join(left_out)}", "dim"))
    text = "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"
    return text if terminal.unicode else text.translate(_ASCII)


def _title(diagram: Diagram, cost: Cost, drawing: Drawing) -> str:
    report = diagram.report
    shown = f" (bars: {cost.title})" if drawing.color_by else ""
    return f"{report.graph.name}: {report.graph.signature}, {report.headline()}{shown}"


def _widths(lines: Sequence[_Line], cost: Cost, width: int) -> _Widths:
    """The widest that fit: bars shorten, names are cut, and outputs and costs leave."""
    names = max(cell_len(line.text) + _INDENT * line.level for line in lines)
    shapes = max(len(format_shape(line.layers[-1].node.shape)) for line in lines)
    costs = max(len(cost.figure(line.layers)) for line in lines)
    short = min(names, max(_INDENT * max(line.level for line in lines) + _NAME, 2 * width // 5))
    bars = (_Widths(names, shapes, costs, bar) for bar in (_BAR, 6, 3, 0))
    fewer = (_Widths(short, shapes, costs, 0), _Widths(short, 0, costs, 0))
    for widths in (*bars, *fewer):
        if widths.line <= width:
            spare = min(names - widths.names, width - widths.line)
            return widths._replace(names=widths.names + spare)
    return _Widths(min(names, width), 0, 0, 0)


def _tree(
    title: str, lines: Sequence[_Line], cost: Cost, drawing: Drawing, widths: _Widths
) -> Tree:
    tree = Tree(Text(printable(title), "bold"))
    branches = [tree]
    for line in lines:
        name = elided(line.text, max(1, widths.names - _INDENT * line.level))
        text = Text(name, "bold" if line.share is None else "")
        if widths.shapes or widths.costs:
            text.append(" " * (widths.names - _INDENT * line.level - cell_len(name)))
        if widths.shapes:
            text.append(f"  {format_shape(line.layers[-1].node.shape):<{widths.shapes}}", "dim")
        if widths.costs:
            text.append(f"  {cost.figure(line.layers):>{widths.costs}}")
        if widths.bar:
            shown = bar(Share(line.share or 0.0), widths.bar, drawing.terminal.unicode)
            text.append(f" {shown}", "cyan")
        del branches[line.level :]
        branches.append(branches[-1].add(text))
    return tree


def _lines(child: Box | Frame, cost: Cost, drawing: Drawing, level: int) -> Iterator[_Line]:
    """A frame and what is inside, or a box."""
    if isinstance(child, Box):
        text = printable(_said(child))
        yield _Line(level, text, child.layers, drawing.share(child, cost))
        return
    layers = tuple(layer for box in child.boxes() for layer in box.layers)
    yield _Line(level, printable(frame_title(child)), layers, None)
    for inner in child.children:
        yield from _lines(inner, cost, drawing, level + 1)


def _said(box: Box) -> str:
    if sign := symbol(box.part):
        return f"{sign} {joined(box.part)}".rstrip()
    computes = box.part.level == "unit" and box.part.main.node.inputs
    return ", ".join((box_title(box), *(box_caption(box).lines if computes else ())))


DRAWING = DrawingForm(draw, (".txt",), uses=("depth", "fold", "color_by"), printed=True)
