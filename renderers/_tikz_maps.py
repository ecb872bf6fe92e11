"""Feature maps as TikZ: one command that draws a slab, and a line for each."""

from __future__ import annotations

from collections.abc import Iterator

from ..views.drawing import Drawing
from ._colours import Theme
from ._latex import document, escaped, number
from .diagram.content import LEADING
from .diagram.maps import OBLIQUE, Maps, maps

_SLAB = (
    "% \\slab{colour}{x}{y}{thickness}{height}{depth}: the lower left corner of its front",
    r"\newcommand{\slab}[6]{\begin{scope}[shift={(#2,#3)}]",
    r"  \filldraw[edge, fill=#1] (0,0) rectangle (#4,-#5);",
    r"  \filldraw[edge, fill=#1!75!white] (0,-#5) -- ++(#4,0) -- ++(#6,-#6) -- ++(-#4,0) -- cycle;",
    r"  \filldraw[edge, fill=#1!75!black] (#4,0) -- ++(#6,-#6) -- ++(0,-#5) -- (#4,-#5) -- cycle;",
    r"\end{scope}}",
)


def slabs(drawing: Drawing, theme: Theme) -> str:
    """The maps on their page, as a document for `pdflatex`.

    Raises:
        DrawError: there are two networks, or the maps do not fit.
    """
    own = maps(drawing)
    size = (own.width * own.scale, own.height * own.scale)
    return document(size, _SLAB, _styles(own.scale), _picture(own), theme)


def _styles(scale: float) -> Iterator[str]:
    yield f"x={scale:.4g}bp, y={scale:.4g}bp, yscale=-1,"
    yield "edge/.style={draw=line, line width=0.3pt, line join=round},"
    yield "words/.style={anchor=base west, inner sep=0pt, outer sep=0pt, font=\\sffamily},"
    yield "flow/.style={draw=line, line width=0.6pt, -{Latex[length=4pt]}},"


def _picture(own: Maps) -> Iterator[str]:
    yield f"\\useasboundingbox (0,0) rectangle ({number(own.width)},{number(own.height)});"
    for (x, y), (end, _) in own.arrows:
        yield f"\\path[flow] ({number(x)},{number(y)}) -- ({number(end)},{number(y)});"
    for slab in own.slabs:
        places = (slab.x, slab.y, slab.thick, slab.high, slab.deep * OBLIQUE)
        yield f"\\slab{{{slab.role}}}{''.join(f'{{{number(value)}}}' for value in places)}"
    for item in own.key:
        place = f"({number(item.sign_at)},{number(item.y)})"
        yield f"\\path[edge, fill={item.role}] {place} rectangle +(10,8);"
    named = ((item.words_at, item.base, item.words) for item in own.key)
    for x, y, words in (*own.texts, *named):
        points = words.size * own.scale
        font = f"\\fontsize{{{points:.3g}}}{{{points * LEADING:.3g}}}\\selectfont"
        bold = "\\bfseries" if words.bold else ""
        colour = "faint" if words.faint else "text"
        yield (
            f"\\node[words, text={colour}] at ({number(x)},{number(y)}) "
            f"{{{font}{bold} {escaped(words.text)}}};"
        )
