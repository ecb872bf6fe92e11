"""The pieces of LaTeX that drawings are made of: documents, colours, text that stays text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import ceil

from ._colours import Theme
from ._text import printable

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\char34{}",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    "\N{MICRO SIGN}": r"$\mu$",
    "\N{GREATER-THAN OR EQUAL TO}": r"$\geq$",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}


def escaped(text: str) -> str:
    """`text` as LaTeX that means nothing but itself, with a mark for what its fonts lack."""
    return (
        "".join(map(_character, printable(text)))
        .replace("->", r"$\to$")
        .replace(r"-\textgreater{}", r"$\to$")
    )


def _character(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    return character if " " <= character <= "~" or character.isspace() else "?"


def number(value: float) -> str:
    """A coordinate with at most one decimal."""
    return f"{value:.1f}".rstrip("0").rstrip(".") if abs(value) >= 0.05 else "0"


def colour(fill: str) -> str:
    """A colour where it is used, from `#rrggbb`."""
    red, green, blue = (int(fill[at : at + 2], 16) for at in (1, 3, 5))
    return f"{{rgb,255:red,{red};green,{green};blue,{blue}}}"


def document(
    size: tuple[float, float],
    commands: Iterable[str],
    styles: Iterable[str],
    picture: Iterable[str],
    theme: Theme,
) -> str:
    """A document of its own with one picture.

    Args:
        size: of the page, in points of 1/72 inch.
        commands: lines before the document begins.
        styles: lines of the picture's options.
        picture: its lines.

    It needs no more than what Debian's texlive-latex-base and texlive-pictures bring.
    """
    return "\n".join(_lines(size, commands, styles, picture, theme)) + "\n"


def _lines(
    size: tuple[float, float],
    commands: Iterable[str],
    styles: Iterable[str],
    picture: Iterable[str],
    theme: Theme,
) -> Iterator[str]:
    width, height = (f"{ceil(10 * side + 1) / 10:.1f}bp" for side in size)  # all of it on one page
    yield r"\documentclass{article}"
    yield f"\\usepackage[paperwidth={width}, paperheight={height}, margin=0bp]{{geometry}}"
    yield r"\usepackage{tikz}"
    yield r"\usetikzlibrary{arrows.meta}"
    for name, fill in _colours(theme):
        yield f"\\definecolor{{{name}}}{{HTML}}{{{fill.removeprefix('#').upper()}}}"
    yield r"\pagestyle{empty}"
    yield r"\setlength{\parindent}{0pt}\setlength{\topskip}{0pt}"
    yield from commands
    yield r"\begin{document}"
    if theme.ground != "#ffffff":
        yield r"\pagecolor{ground}"
    yield r"\begin{tikzpicture}["
    yield from (f"  {line}" for line in styles)
    yield "]"
    yield from picture
    yield r"\end{tikzpicture}"
    yield r"\end{document}"


def _colours(theme: Theme) -> Iterator[tuple[str, str]]:
    yield from theme.kinds.items()
    yield from (("ground", theme.ground), ("text", theme.text), ("faint", theme.faint))
    yield from (("line", theme.line), ("border", theme.border))
    yield from zip(("stage", "block"), theme.frames, strict=True)
