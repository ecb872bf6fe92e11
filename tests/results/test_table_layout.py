"""Tables in any width: no line is wider, no number is cut, and what is left out is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from henet_arch.results.layout import layout
from henet_arch.results.table import Column, Row, Share, Table, Terminal
from henet_arch.results.text import elided, text_of

WORDS = st.text("abc.畳é", min_size=1, max_size=12)
NAMES = st.lists(WORDS, min_size=1, max_size=5).map(".".join)
PROSE = st.lists(WORDS, max_size=12).map(" ".join)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    kinds = draw(st.lists(st.sampled_from(("name", "number", "prose", "share")), max_size=7))
    ranks = st.integers(0, 3)
    columns = [
        Column(
            f"column {index} of {kind}",
            number=kind == "number",
            prose=kind == "prose",
            share=kind == "share",
            wide=draw(st.booleans()),
            rank=draw(ranks),
        )
        for index, kind in enumerate(kinds)
    ]
    cells: dict[str, st.SearchStrategy[str | int | Share]] = {
        "name": NAMES,
        "number": st.integers(0, 10**12),
        "prose": PROSE,
        "share": st.floats(0, 1).map(Share),
    }
    rows = [
        Row([draw(NAMES), *(draw(cells[kind]) for kind in kinds)])
        for _ in range(draw(st.integers(1, 4)))
    ]
    return Table(draw(PROSE), [Column("first"), *columns], rows, draw(st.lists(PROSE, max_size=2)))


@given(tables(), st.integers(12, 160), st.booleans())
def test_no_line_is_wider_than_the_terminal(table: Table, width: int, unicode: bool) -> None:
    text = text_of([table], Terminal(width, unicode=unicode))
    assert max(map(cell_len, text.splitlines())) <= width


@given(tables(), st.integers(12, 160))
def test_a_column_is_shown_or_named_and_its_numbers_are_whole(table: Table, width: int) -> None:
    plan = layout(table, width)
    flat = " ".join(text_of([table], Terminal(width)).split())
    assert not {*plan.shown} & {*plan.left_out}
    for index in {*range(len(table.columns))} - {*plan.shown} - {*plan.left_out}:
        assert not any(row.cells[index] for row in table.rows)  # it has nothing to show
    for index, column in enumerate(table.columns):
        if index in plan.left_out:
            note = flat.rpartition(f"left out at width {width}:")[2]
            assert column.title in note
        elif column.number:
            assert all(f"{row.cells[index]:,}" in flat.split() for row in table.rows)


@given(tables())
def test_the_width_that_shows_all_shows_all(table: Table) -> None:
    assert not layout(table, layout(table, 12).enough).left_out


def test_the_highest_rank_leaves_first() -> None:
    columns = [Column("layer"), *(Column(f"rank{n}", number=True, rank=n) for n in (1, 3, 0, 2))]
    table = Table("", columns, [Row(["conv", 1, 2, 3, 4])])
    shown = [[columns[i].title for i in layout(table, width).shown] for width in (34, 27, 20, 13)]
    assert shown == [
        ["layer", "rank1", "rank3", "rank0", "rank2"],
        ["layer", "rank1", "rank0", "rank2"],
        ["layer", "rank1", "rank0"],
        ["layer", "rank0"],
    ]


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("features.denseblock3.denselayer12.conv2", 20, "features.…er12.conv2"),
        ("    conv3_reduce", 12, "    con…duce"),
        ("conv", 4, "conv"),
        ("conv", 3, "c…v"),
        ("conv", 1, "c"),
    ],
)
def test_names_lose_their_middle(text: str, width: int, shown: str) -> None:
    assert elided(text, width) == shown


@given(NAMES, st.integers(0, 6), st.integers(1, 40))
def test_a_cut_name_fits(name: str, indent: int, width: int) -> None:
    text = " " * indent + name
    shown = elided(text, width)
    assert cell_len(shown) <= width
    assert (shown == text) == (cell_len(text) <= width)
