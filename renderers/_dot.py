"""The pieces of DOT that drawings are made of: digraphs in a theme's colours, boxes, signs."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import graphviz

from ._colours import Theme, on
from ._text import printable

_FONT = "Arial,Helvetica,sans-serif"
_BAR = 72
"""Points that a whole bar is long."""
_TABLE = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0"'


def digraph(theme: Theme, direction: str, **attributes: str) -> graphviz.Digraph:
    """An empty digraph; `direction` is `TB` or `LR`."""
    font = {"fontname": _FONT}
    return graphviz.Digraph(
        "network",
        graph_attr={
            "bgcolor": theme.ground,
            "color": theme.border,
            "fontcolor": theme.text,
            "fontsize": "12",
            "labelloc": "t",
            "nodesep": "0.3",
            "pad": "0.2",
            "rankdir": direction,
            "ranksep": "0.35",
            "style": "rounded,filled",
            **font,
            **attributes,
        },
        node_attr={
            "color": theme.border,
            "fontsize": "11",
            "height": "0.3",
            "margin": "0.12,0.06",
            "shape": "box",
            "style": "rounded,filled",
            **font,
        },
        edge_attr={
            "arrowsize": "0.6",
            "color": theme.line,
            "fontcolor": theme.faint,
            "fontsize": "9",
            **font,
        },
    )


def box(
    dot: graphviz.Digraph, key: str, markup: Iterable[str], fill: str, **attributes: str
) -> None:
    """A node with one row for each markup."""
    dot.node(key, label=rows(markup), fillcolor=fill, fontcolor=on(fill), **attributes)


def sign(dot: graphviz.Digraph, key: str, text: str, words: str, fill: str, line: str) -> None:
    """A sign in a circle, or in a pill with the words beside it."""
    look = {"shape": "box", "margin": "0.1,0.02"} if words else {"shape": "circle", "margin": "0"}
    dot.node(
        key,
        label=rows([bold(f"{text}  {words}" if words else text)]),
        fillcolor=fill,
        fontcolor=on(fill),
        color=line,
        width="0.3",
        **look,
    )


def rows(markup: Iterable[str]) -> str:
    """An HTML-like label; nothing for no rows."""
    cells = "".join(f"<TR><TD>{row}</TD></TR>" for row in markup if row)
    return f'<{_TABLE} CELLPADDING="1">{cells}</TABLE>>' if cells else ""


def bar(share: float, colour: str, track: str) -> str:
    """A bar whose filled part is `share` of it, and a point at least; the rest is its track."""
    filled = max(1, round(share * _BAR))
    cells = "".join(
        f'<TD FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="4" BGCOLOR="{fill}"></TD>'
        for width, fill in ((filled, colour), (_BAR - filled, track))
        if width
    )
    whole = f'FIXEDSIZE="TRUE" WIDTH="{_BAR}" HEIGHT="4"'
    return f'{_TABLE} CELLPADDING="0" {whole}><TR>{cells}</TR></TABLE>'


def scale(colours: Iterable[str], first: str, last: str) -> str:
    """A legend: colours side by side between what the ends mean."""
    cells = "".join(f'<TD BGCOLOR="{colour}" WIDTH="18" HEIGHT="10"></TD>' for colour in colours)
    ends = [f"<TD>{small(text)}</TD>" for text in (first, last)]
    return f'{_TABLE} CELLPADDING="2"><TR>{ends[0]}{cells}{ends[1]}</TR></TABLE>'


def bold(text: str) -> str:
    return _within("<B>", text, "</B>")


def small(text: str) -> str:
    return _within('<FONT POINT-SIZE="9">', text, "</FONT>")


def large(text: str) -> str:
    return _within('<FONT POINT-SIZE="14"><B>', text, "</B></FONT>")


def _within(start: str, text: str, end: str) -> str:
    """Markup around text; Graphviz refuses it around nothing."""
    words = plain(text)
    return f"{start}{words}{end}" if words else ""


def plain(text: str) -> str:
    """Text as markup that means nothing but itself: to Graphviz, `\\G` is the graph's name."""
    return escape(printable(text)).replace("\\", "\\\\")
