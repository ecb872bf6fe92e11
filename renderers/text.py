"""Drawings as trees in the terminal, drawn by rich, with a cost and its bar on every line."""

from __future__ import annotations

from collections.abc import Iterator
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
from ..views.diagram import Box, Diagram, Frame
from ..views.drawing import Drawing, DrawingForm
from ._captions import box_caption, box_title, frame_title, joined, symbol
from ._text import printable

_INDENT = 4
"""Characters that each level of the tree is set in by."""
_BAR = 10
_NO_LIMIT = 10_000
_ASCII = str.maketrans("├└│─µ≥", "|`|-u>")


class _Line(NamedTuple):
    level: int
    text: str
    layers: tuple[LayerReport, ...]
    share: float | None
    """Of the largest box; None for what holds others."""


def draw(drawing: Drawing) -> str:
    """One tree for each network, their bars on one scale."""
    terminal = drawing.terminal
    out = StringIO()
    console = console_for(out, _NO_LIMIT, colour=terminal.colour)
    for diagram, cost in zip(drawing.diagrams, drawing.costs, strict=True):
        console.print(_tree(diagram, cost, drawing))
    text = "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"
    return text if terminal.unicode else text.translate(_ASCII)


def _tree(diagram: Diagram, cost: Cost, drawing: Drawing) -> Tree:
    report = diagram.report
    title = f"{report.graph.name}: {report.graph.signature}, {report.headline()}"
    shown = f" (bars: {cost.title})" if drawing.color_by else ""
    tree = Tree(Text(printable(f"{title}{shown}"), "bold"))
    lines = [line for child in diagram.whole.children for line in _lines(child, cost, drawing, 1)]
    names = max(cell_len(line.text) + _INDENT * line.level for line in lines)
    shapes = max(len(format_shape(line.layers[-1].node.shape)) for line in lines)
    costs = max(len(cost.figure(line.layers)) for line in lines)
    branches = [tree]
    for line in lines:
        text = Text.assemble(
            (line.text, "bold" if line.share is None else ""),
            " " * (names - _INDENT * line.level - cell_len(line.text) + 2),
            (f"{format_shape(line.layers[-1].node.shape):<{shapes}}", "dim"),
            f"  {cost.figure(line.layers):>{costs}} ",
            (bar(Share(line.share or 0.0), _BAR, drawing.terminal.unicode), "cyan"),
        )
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
