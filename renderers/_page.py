"""The page to explore a network in: one file that holds its data, its code and its libraries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from ..analyzers.report import Report
from ..ir.scope import leaf
from ..results.costs import Cost
from ..views.drawing import Drawing
from ..views.outline import Part, outline
from ._captions import Caption, caption_of, part_caption, symbol
from ._changes import COLOURS, changes
from ._colours import THEMES, Theme
from ._text import printable

_FOLDER = Path(__file__).parent / "page"
_LIBRARIES = ("cytoscape", "dagre")
_SCRIPTS = (
    *("parts", "columns", "beside", "layout", "changes", "style", "diagram", "svg", "save"),
    *("table", "details", "divider", "pointer", "tools", "keys", "main"),
)
_MOST_TOGETHER = 48
"""Parts in one frame; more are grouped, so that a frame is laid out at once and can be read."""
_DEPTHS = {"stages": "stage", "blocks": "block", "layers": "unit"}


def page(drawing: Drawing) -> str:
    """The whole page; nothing in it is fetched from anywhere."""
    content = _network(drawing)
    return _file("page.html").format(
        title=escape(content["title"]),
        theme=drawing.theme or "system",
        style=_styles(),
        data=_json(content),
        scripts=_scripts(),
    )


def _network(drawing: Drawing) -> dict[str, Any]:
    """What the page's scripts read."""
    reasons: dict[str, int] = {}
    names = [*_costs(drawing)]
    timed = drawing.costs if "time" in names else (None,) * len(drawing.reports)
    layers: list[dict[str, Any]] = []
    trees: list[dict[str, Any]] = []
    sides = ("A", "B") if len(drawing.reports) > 1 else ("",)
    for side, report, seconds in zip(sides, drawing.reports, timed, strict=True):
        start = len(layers)
        trees.append(_tree(outline(report), start, side))
        layers += _layers(report, start, side, seconds, reasons)
    title = " and ".join(map(_named, sides, drawing.reports))
    root = trees[0]
    if len(trees) > 1:
        root = _part("network", title, Caption(title), 0, len(layers), trees)
    return {
        "title": printable(title),
        "file": printable(drawing.name),
        "totals": [
            {"text": _headline(report, side), "from": tree["from"], "to": tree["to"]}
            for side, report, tree in zip(sides, drawing.reports, trees, strict=True)
        ],
        "changes": _compared(*drawing.reports) if len(drawing.reports) > 1 else None,
        "depth": _DEPTHS[drawing.depth],
        "fold": drawing.fold,
        "shown": drawing.color_by or "macs",
        "costs": dict.fromkeys(names, 1),
        "themes": {name: asdict(theme) for name, theme in THEMES.items()},
        "reasons": list(reasons),
        "layers": layers,
        "root": root,
    }


def _costs(drawing: Drawing) -> Iterator[str]:
    yield from ("macs", "params", "memory")
    if drawing.color_by == "time":
        yield "time"


def _named(side: str, report: Report) -> str:
    return f"{report.graph.name} ({side})" if side else report.graph.name


def _headline(report: Report, side: str) -> str:
    graph = report.graph
    name = f"{side}: {graph.name}, " if side else ""
    return printable(f"{name}{graph.signature}, {report.headline()}")


def _compared(a: Report, b: Report) -> dict[str, Any]:
    """How the second network differs from the first."""
    result = changes(a, b)
    return {
        "layers": [
            {"mark": each.mark, "text": printable(each.text), "twin": each.twin}
            for each in result.layers
        ],
        "order": result.order,
        "colours": COLOURS,
    }


def _layers(
    report: Report, start: int, side: str, seconds: Cost | None, reasons: dict[str, int]
) -> Iterator[dict[str, Any]]:
    """Every layer with its figures; what it reads and why it is so are numbers of others."""
    positions = report.graph.positions
    for layer in report.layers:
        node = layer.node
        texts = (f"{d.reason} ({d.source})" for d in node.because)
        caption = caption_of(node.layer)
        text = ", ".join((caption.title, *caption.lines))
        name = printable(f"{side}: {node.name}" if side else node.name)
        yield {
            "name": name,
            "original": printable(node.original),
            "said": text,
            "text": f"{name} {node.original} {node.layer.kind} {text}".lower(),
            "inputs": [start + positions[name] for name in node.inputs],
            "shape": list(node.shape),
            "params": layer.params,
            "macs": layer.macs,
            "known": layer.cost_known,
            "live": layer.live_bytes,
            "seconds": seconds.of([layer]) if seconds else 0,
            "because": [reasons.setdefault(reason, len(reasons)) for reason in texts],
        }


def _tree(part: Part, start: int, side: str = "") -> dict[str, Any]:
    """A part with all that is inside, as ranges of layers."""
    parts = []
    at = start
    for inner in part.parts:
        parts.append(_tree(inner, at))
        at += len(inner.layers)
    caption = Caption(f"{side}: {part.name}") if side else part_caption(part)
    result = _part(part.level, part.name, caption, start, start + len(part.layers), _grouped(parts))
    return result | {"sign": symbol(part)}


def _grouped(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Neighbours in groups, where there are too many for one frame."""
    step = _MOST_TOGETHER // 2
    while len(parts) > _MOST_TOGETHER:
        parts = [_group(parts[at : at + step]) for at in range(0, len(parts), step)]
    return parts


def _group(parts: list[dict[str, Any]]) -> dict[str, Any]:
    first, last = parts[0]["ends"][0], parts[-1]["ends"][1]
    title = Caption(f"{leaf(first)} to {leaf(last)}")
    result = _part("group", first, title, parts[0]["from"], parts[-1]["to"], parts)
    return result | {"name": f"{first} to {leaf(last)}", "ends": (first, last)}


def _part(
    level: str, name: str, caption: Caption, start: int, end: int, parts: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "level": level,
        "name": printable(name),
        "ends": (printable(name), printable(name)),
        "title": printable(caption.title),
        "lines": [printable(line) for line in caption.lines],
        "from": start,
        "to": end,
        "parts": parts,
        "sign": "",
    }


def _json(content: dict[str, Any]) -> str:
    """JSON in which no `<` can end the element that holds it."""
    return json.dumps(content, separators=(",", ":")).replace("<", "\\u003c")


@cache
def _file(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


@cache
def _styles() -> str:
    text = _file("page.css")
    for name, theme in THEMES.items():
        text = text.replace(f"/* colours: {name} */", _variables(theme))
    return text


def _variables(theme: Theme) -> str:
    colours = {
        "ground": theme.ground,
        "text": theme.text,
        "faint": theme.faint,
        "border": theme.border,
        "frame": theme.frames[0],
        "inner": theme.frames[1],
        "bar": theme.bar,
        "track": theme.track,
    }
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())


@cache
def _scripts() -> str:
    """The libraries under their licences, then the page's own."""
    texts = [f"/*\n{_file(f'vendor/{n}.LICENSE')}*/\n{_library(n)}" for n in _LIBRARIES]
    texts += [_file(f"{name}.js") for name in _SCRIPTS]
    return "\n".join(f"<script>\n{text}\n</script>" for text in texts)


def _library(name: str) -> str:
    """A library as it is published, without the address of its source map."""
    return _file(f"vendor/{name}.min.js").partition("//# sourceMappingURL")[0]
