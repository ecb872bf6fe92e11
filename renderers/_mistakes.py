"""A page of the images that a network is most wrong about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from ..results.markup import fragment
from ..results.table import Table
from ..support.printable import printable
from ._sheet import sheet

_STYLE = """h1 { font-size: 1.3em; margin: 0; }
h2 { font-size: 1.15em; margin: 1.5rem 0 .6rem; }
ul { display: grid; gap: 1.2rem 1rem; grid-template-columns: \
repeat(auto-fill, minmax(8.5rem, 1fr)); list-style: none; margin: 0; padding: 0; }
li { min-width: 0; overflow-wrap: anywhere; }
img { background: rgb(128 128 128 / .2); display: block; height: 8rem; image-rendering: pixelated; \
object-fit: contain; width: 8rem; }
b, small { display: block; }
small { opacity: .75; }"""


@dataclass(frozen=True)
class Shot:
    """One image: a PNG in base 64, its name, its class, and what it is taken for."""

    png: str
    name: str
    label: str
    answer: str
    share: float
    right_share: float


def page(title: str, shots: Sequence[Shot], tables: Iterable[Table]) -> str:
    """The images, the worst first, and the tables below them; it needs no other file."""
    intro = "No test image is mistaken."
    if shots:
        intro = (
            f"The {len(shots):,} test images with the largest loss among those that are taken for "
            "another class."
        )
    items = "\n".join(map(_item, shots))
    body = (
        f"<h1>{_text(title)}</h1>\n<p>{escape(intro)}</p>\n<ul>\n{items}\n</ul>\n{fragment(tables)}"
    )
    return sheet(title, body, _STYLE)


def _item(shot: Shot) -> str:
    label, answer, name = (_text(text) for text in (shot.label, shot.answer, shot.name))
    return (
        f'<li><img src="data:image/png;base64,{shot.png}" alt="{label}, taken for {answer}">'
        f"<b>{answer}, {shot.share:.1%}</b>"
        f"instead of {label}, {shot.right_share:.1%}<small>{name}</small></li>"
    )


def _text(text: str) -> str:
    return escape(printable(text))
