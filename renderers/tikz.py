"""Drawings as TikZ: a document of its own, in named styles, nodes and edges to go on with."""

from __future__ import annotations

from collections.abc import Iterator

from ..views.drawing import Drawing, DrawingForm
from ._colours import THEMES, Theme, on, tint
from ._latex import colour, document, escaped, number
from ._tikz_maps import slabs
from .diagram.content import ASIDE, LEADING, SMALL, width_of
from .diagram.key import Item
from .diagram.paint import BASE, CARD
from .diagram.plan import PlacedBox, PlacedFrame, Plan, Point, Wire, Words
from .diagram.sheet import Sheet, sheet

_LARGE = 9.0
"""What is larger is the title of all."""


def draw(drawing: Drawing) -> str:
    """The drawing on its page, as a document for `pdflatex`.

    Raises:
        DrawError: it does not fit on the page.
    """
    theme = THEMES[drawing.ground]
    if drawing.figure == "maps":
        return slabs(drawing, theme)
    own = sheet(drawing)
    size = (own.width * own.scale, own.height * own.scale)
    return document(size, _sizes(own), _styles(theme, own.scale), _picture(own, theme), theme)


def _styles(theme: Theme, scale: float) -> Iterator[str]:
    """The styles that the picture is in: of text, of each kind of box, of frames and of lines."""
    yield f"x={scale:.4g}bp, y=-{scale:.4g}bp,"
    points = SMALL * scale  # the distance of lines is that of the font at their end
    yield f"font=\\sffamily\\fontsize{{{points:.3g}}}{{{points * LEADING:.3g}}}\\selectfont,"
    yield (
        "box/.style={draw=border, rounded corners=2pt, inner sep=0pt, outer sep=0pt, align=center},"
    )
    for role in theme.kinds:
        yield f"{role}/.style={{box, fill={role}, text={_ink(theme.kinds[role])}}},"
    yield "sign/.style={box, draw=line, fill=plain, rounded corners=6pt, text=text},"
    yield "opaque/.style={draw=line, densely dashed},"
    yield "output/.style={inner sep=0pt, outer sep=0pt, text=faint},"
    yield "stage/.style={draw=border, fill=stage, rounded corners=3pt},"
    yield "block/.style={draw=border, fill=block, rounded corners=3pt},"
    yield "title/.style={anchor=base west, inner sep=0pt, outer sep=0pt, text=text},"
    yield "aside/.style={title, text=faint},"
    yield "flow/.style={draw=line, line width=0.6pt, rounded corners=2pt, -{Latex[length=4pt]}},"
    yield "again/.style={flow, densely dashed},"


def _ink(fill: str) -> str:
    return "black" if on(fill) == "#000000" else "white"


def _picture(own: Sheet, theme: Theme) -> Iterator[str]:
    size = own.scale
    yield f"\\useasboundingbox (0,0) rectangle ({number(own.width)},{number(own.height)});"
    for x, y, words in own.headings:
        style = "aside" if words.faint else "title"
        yield f"\\node[{style}] at ({number(x)},{number(y)}) {{{_line(words)}}};"
    for plan in own.plans:
        for frame in plan.frames:
            yield from _frame(frame)
        yield "% boxes"
        for box in plan.boxes:
            yield _box(box, size, theme)
        yield "% lines"
        for wire in plan.wires:
            yield _wire(wire, plan)
    for item in own.key:
        yield from _entry(item, theme)


def _entry(item: Item, theme: Theme) -> Iterator[str]:
    """An entry of the key: its sign, and what it means; there are no bars."""
    if item.kind == "bar":
        return
    x, base = item.x, number(item.base)
    if item.before:
        yield f"\\node[aside] at ({number(x)},{base}) {{{_line(item.before)}}};"
    for place, fill in item.swatches(theme):
        style = item.role or f"fill={colour(fill)}"
        yield f"\\path[{style}] ({number(place)},{number(item.y)}) rectangle +(10,8);"
    if item.kind == "dashed":
        middle = number(item.y + 4)
        yield f"\\path[again, -] ({number(x)},{middle}) -- ({number(x + item.sign)},{middle});"
    words = number(item.words_at)
    yield f"\\node[aside] at ({words},{base}) {{{_line(item.words)}}};"


def _frame(frame: PlacedFrame) -> Iterator[str]:
    style = "block" if frame.level else "stage"
    if not frame.level:
        yield f"% {escaped(frame.words[0].text)}"
    for card in (2, 1, 0) if frame.repeat > 1 else (0,):
        x, y = frame.x + card * CARD, frame.y + card * CARD
        yield (
            f"\\path[{style}] ({number(x)},{number(y)}) rectangle "
            f"+({number(frame.width)},{number(frame.height)});"
        )
    x, y = frame.x + frame.pad, frame.y + frame.pad / 2
    for index, words in enumerate(frame.words):
        base = number(y + words.size * BASE)
        yield f"\\node[title] at ({number(x)},{base}) {{{_line(words)}}};"
        if index == 0 and frame.aside:
            after = number(x + width_of(words) + ASIDE)
            yield f"\\node[aside] at ({after},{base}) {{{_line(frame.aside)}}};"
        y += words.size * LEADING


def _box(box: PlacedBox, size: float, theme: Theme) -> str:
    styles = ["output" if box.role == "ground" else box.role]
    if box.opaque:
        styles.append("opaque")
    if box.tint is not None and box.role != "sign":
        fill = tint(theme, box.tint)
        styles.append(f"fill={colour(fill)}, text={_ink(fill)}")
    width, height = (f"{side * size:.1f}bp" for side in (box.width, box.height))
    styles += [f"minimum width={width}", f"minimum height={height}"]
    place = f"{number(box.x + box.width / 2)},{number(box.y + box.height / 2)}"
    text = r"\\".join(_line(words) for words in box.words[: 1 if box.listed else None])
    if box.listed:
        rows = r"\\".join(_line(words) for words in box.words[1:])
        text += rf"\\\begin{{tabular}}{{@{{}}l@{{}}}}{rows}\end{{tabular}}"
    return f"\\node[{', '.join(styles)}] ({box.key}) at ({place}) {{{text}}};"


def _line(words: Words) -> str:
    """A line of text in one of the document's sizes."""
    command = "heading" if words.size > _LARGE else "name" if words.bold else "detail"
    return f"\\{command}{{{escaped(words.text)}}}"


def _sizes(own: Sheet) -> Iterator[str]:
    """The commands that set text, in the sizes that it has on the page."""
    bold = max(
        (w.size for plan in own.plans for b in plan.boxes for w in b.words if w.bold), default=SMALL
    )
    for name, size, weight in (
        ("heading", 10.0, "\\bfseries"),
        ("name", bold, "\\bfseries"),
        ("detail", SMALL, "\\mdseries"),
    ):
        points = size * own.scale
        font = f"\\fontsize{{{points:.3g}}}{{{points * LEADING:.3g}}}\\selectfont{weight}"
        yield f"\\newcommand{{\\{name}}}[1]{{{{{font} #1}}}}"


def _wire(wire: Wire, plan: Plan) -> str:
    """A line between two nodes; one that is straight names no more than them."""
    style = "again" if wire.dashed else "flow"
    known = {box.key: box for box in plan.boxes}
    source, target = known.get(str(wire.source)), known.get(str(wire.target))
    if source and target and _is_level(wire, source, target, down=plan.down):
        return f"\\path[{style}] ({wire.source}) -- ({wire.target});"
    steps = [f"({number(wire.points[0][0])},{number(wire.points[0][1])})"]
    out, into = ("-90", "90") if plan.down else ("0", "180")
    for one, other in zip(wire.points, wire.points[1:], strict=False):
        bends = abs(one[0] - other[0]) > 1e-6 and abs(one[1] - other[1]) > 1e-6
        way = f"to[out={out}, in={into}]" if bends else "--"
        steps.append(f"{way} ({number(other[0])},{number(other[1])})")
    return f"\\path[{style}] {' '.join(steps)};"


def _is_level(wire: Wire, source: PlacedBox, target: PlacedBox, *, down: bool) -> bool:
    """Whether it is one straight line between the middles of both."""

    def middle(box: PlacedBox) -> Point:
        return box.x + box.width / 2, box.y + box.height / 2

    across = 0 if down else 1
    levels = [middle(source)[across], middle(target)[across], *(p[across] for p in wire.points)]
    return len(wire.points) == 2 and max(levels) - min(levels) < 0.01


DRAWING = DrawingForm(draw, (".tex",))
