"""Tables as HTML: every text is there, and only long words of prose may be broken."""

from __future__ import annotations

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from henet_arch.results.markup import fragment
from henet_arch.results.table import Column, Row, Table
from henet_arch.support.printable import printable

_TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=80)


def _cells(text: str, *, prose: bool) -> list[str]:
    table = Table("title", [Column("a", prose=prose)], [Row((text,))])
    return re.findall(r"<td[^>]*>(.*?)</td>", fragment([table]), re.DOTALL)


@given(_TEXTS)
def test_no_character_is_lost(text: str) -> None:
    for prose in (False, True):
        (cell,) = _cells(text, prose=prose)
        assert unescape(cell.replace("<wbr>", "")) == printable(text)
        assert re.fullmatch(r"(?:[^<>]|<wbr>)*", cell)


@given(_TEXTS)
def test_words_of_prose_have_places_to_break(text: str) -> None:
    (cell,) = _cells(text, prose=True)
    pieces = [piece for part in cell.split("<wbr>") for piece in unescape(part).split()]
    assert all(len(piece) <= 20 for piece in pieces)
    assert cell.count("<wbr>") == sum((len(word) - 1) // 20 for word in printable(text).split())


def test_a_letter_stays_with_its_accent() -> None:
    (cell,) = _cells("e\u0301" * 15 + "xe\u0301" * 9, prose=True)
    assert "<wbr>\u0301" not in cell
    assert "<wbr>" in cell


def test_what_is_no_prose_is_left_whole() -> None:
    assert _cells("x" * 50, prose=False) == ["x" * 50]
