"""Figures 1 and 3 (c) of the HENet paper: blocks side by side, and how a stage joins its blocks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import graphviz

from ..analyzers.report import Report, analyze
from ..spec.build import build
from ..spec.spec import Spec
from ..support.errors import DrawError
from ..views.diagram import Box, Frame, diagram
from ..views.drawing import Drawing
from ..views.outline import Part, outline
from ._captions import caption, joined, spaced, symbol
from ._colours import THEMES, Theme, look
from ._dot import bold, box, digraph, plain, rows, sign, small

_MOST_BLOCKS = 4
_PANELS = {"henet": "(a) HENet", "mobilenet": "(b) MobileNet", "shufflenet": "(c) ShuffleNet"}


def blocks(drawing: Drawing) -> str:
    """Figure 1 in DOT: the blocks of three families, of the drawn network for its own family."""
    theme = THEMES[drawing.ground]
    dot = digraph(theme, "TB")
    keys = (f"n{number}" for number in count())
    for family, title in _PANELS.items():
        given = drawing.reports[0]
        report = given if given.graph.family == family else analyze(build(Spec(family=family)))
        with dot.subgraph(name=f"cluster_{family}") as panel:
            panel.attr(label=rows([bold(title)]), fillcolor=theme.frames[0])
            for what, block in reversed(list(_pictured(report))):
                with panel.subgraph(name=f"cluster_{next(keys)}") as inside:
                    name = rows([small(f"{what} ({block.name})")])
                    inside.attr(label=name, fillcolor=theme.frames[1])
                    _add_block(inside, block, keys, theme)
    return str(dot.source)


def topology(drawing: Drawing) -> str:
    """Figure 3 (c) in DOT: the first blocks of the first stage that has skips, as H1, H2, ...

    Raises:
        DrawError: no stage adds or concatenates what goes around a block.
    """
    theme = THEMES[drawing.ground]
    chart = diagram(drawing.reports[0], "blocks", fold=False)
    stage = next((f for f in chart.whole.children if isinstance(f, Frame) and _signs(f)), None)
    if stage is None:
        raise DrawError(
            f"network {drawing.reports[0].graph.name!r} has no skips around its blocks to draw",
            fix="--figure 1, or a network with skips, such as henet-r3",
        )
    dot = digraph(theme, "LR", label=rows([small(stage.part.name)]))
    shown = _first_blocks(stage)
    around = {edge.source for edge in chart.edges if edge.target in _signs(stage)}
    number = count(1)
    outside: dict[str, str] = {}
    for key, each in shown.items():
        if text := symbol(each.part):
            sign(dot, key, text, joined(each.part), theme.ground, theme.line)
        elif key in around:
            box(dot, key, [bold(f"H{next(number)}")], theme.kinds["conv"])
        else:
            box(dot, key, [bold(each.part.label)], theme.kinds["plain"])
    for edge in chart.edges:
        if edge.target in shown:
            if edge.source not in shown:
                name = outside.setdefault(edge.source, "X0" + "'" * len(outside))
                _terminal(dot, name, theme, edge.source)
            dot.edge(edge.source, edge.target)
        elif edge.source in shown:
            dot.edge(edge.source, _terminal(dot, "...", theme, "out"))
    return str(dot.source)


def _signs(frame: Frame) -> set[str]:
    return {box.key for box in frame.boxes() if symbol(box.part)}


def _first_blocks(stage: Frame) -> dict[str, Box]:
    """The boxes of a stage by key, up to the merges of its last block that is shown."""
    result: dict[str, Box] = {}
    bodies = 0
    for each in stage.boxes():
        bodies += not symbol(each.part)
        if bodies > _MOST_BLOCKS:
            break
        result[each.key] = each
    return result


def _pictured(report: Report) -> Iterator[tuple[str, Part]]:
    """The first block that keeps the resolution, with a skip if any has one, and the first that
    reduces it in another way."""
    result: dict[bool, list[Part]] = {False: [], True: []}
    for block in _blocks(outline(report)):
        windows = [layer.node.layer.window for layer in block.layers]
        result[any(window and window.stride != (1, 1) for window in windows)].append(block)
    kept, reduced = result[False], result[True]
    if kept:
        yield "stride 1", next((b for b in kept if any(u.merges for u in b.parts)), kept[0])
    if reduced and not (kept and _titles(reduced[0]) == _titles(kept[0])):
        slides = (layer.node.layer.window for layer in reduced[0].layers)
        stride = max(max(window.stride) for window in slides if window)
        yield f"stride {stride}", reduced[0]


def _blocks(part: Part) -> Iterator[Part]:
    if part.level == "block":
        yield part
    for inner in part.parts:
        yield from _blocks(inner)


def _titles(block: Part) -> list[str]:
    return [caption(unit).title for unit in block.parts]


def _add_block(dot: graphviz.Digraph, block: Part, keys: Iterator[str], theme: Theme) -> None:
    """The units of a block between what they read and what they give."""
    places: dict[str, str] = {}
    for unit in block.parts:
        key = next(keys)
        for node in (layer.node for layer in unit.layers):
            for name, shape in zip(node.inputs, node.input_shapes, strict=True):
                if name not in places:
                    places[name] = _terminal(dot, spaced(shape), theme, next(keys))
                if places[name] != key:
                    dot.edge(places[name], key)
            places[node.name] = key
        _add_unit(dot, key, unit, theme)
    dot.edge(key, _terminal(dot, spaced(block.layers[-1].node.shape), theme, next(keys)))


def _add_unit(dot: graphviz.Digraph, key: str, unit: Part, theme: Theme) -> None:
    if text := symbol(unit):
        sign(dot, key, text, joined(unit), theme.ground, theme.line)
        return
    words = caption(unit)
    fill = theme.kinds[look(Box(key, unit, (unit,), unit.layers))]
    box(dot, key, [bold(words.title), *map(small, words.lines)], fill)


def _terminal(dot: graphviz.Digraph, text: str, theme: Theme, key: str) -> str:
    """What comes in or goes out, as text."""
    label = rows([f'<FONT COLOR="{theme.faint}">{plain(text)}</FONT>'])
    dot.node(key, label=label, shape="plaintext", style="")
    return key
