"""The forms of a report: they parse, they fit, they escape, and they say the same."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from strategies import specs

import henet_arch as ha
from henet_arch.forms import rendered
from henet_arch.results.layout import layout
from henet_arch.results.report_table import View
from henet_arch.results.table import Column, Row, Share, Table, Terminal, plain, size
from henet_arch.results.terminal import bar


class Said:
    """A result with one table of one text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def tables(self) -> list[Table]:
        return [Table(self.text, [Column(self.text)], [Row([self.text])], [self.text])]

    def to_dict(self) -> dict[str, str]:
        return {"text": self.text}

    def records(self) -> list[dict[str, str]]:
        return [{"text": self.text}]


_TABLE = {"table", "caption", "thead", "tbody", "tr", "th", "td", "span", "p", "div"}
_PAGE = {"html", "head", "meta", "title", "style", "body"}


class _Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        assert tag in _PAGE | _TABLE
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def _html(text: str) -> _Cells:
    cells = _Cells()
    cells.feed(text)
    cells.close()
    assert not cells.open
    return cells


HOSTILE = ["<script>alert(1)</script>", '"];rm -rf', "a|b", "*bold*", "[x](y)", "&amp;", "`code`"]


def test_html_is_a_whole_page_and_a_notebook_gets_its_tables() -> None:
    report = ha.analyze("henet-r2")
    page = str(rendered(report, "html"))
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">\n')
    assert '<meta charset="utf-8">' in page
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    assert "<title>henet-r2: 3x31x31 -&gt; 10</title>" in page
    assert "@media (prefers-color-scheme: dark)" in page
    tables = report._repr_html_()
    assert tables in page
    assert tables.startswith("<div")
    assert "<html" not in tables


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_text(text: str) -> None:
    assert _html(str(rendered(Said(text), "html"))).texts.count(text) == 5
    assert text in str(rendered(Said(text), "table"))
    assert json.loads(str(rendered(Said(text), "json")))["text"] == text
    assert next(csv.DictReader(io.StringIO(str(rendered(Said(text), "csv")))))["text"] == text
    plain = re.sub(r"\\(.)", r"\1", str(rendered(Said(text), "markdown")))
    assert text in plain
    assert "<script" not in str(rendered(Said(text), "markdown")).replace("\\<", "")


@given(st.text("[]bold/red&<>|\\", max_size=12))
def test_markup_is_never_read(text: str) -> None:
    assert text.strip() in str(rendered(Said(text), "table"))


@examples(25)
@given(specs(), st.sampled_from(("stages", "blocks", "layers")), st.booleans())
def test_rows_add_up_and_tables_fit_80_columns(spec: ha.Spec, depth: str, fold: bool) -> None:
    report = ha.analyze(spec)
    view = View(report, depth, fold)  # type: ignore[arg-type]
    (table,) = view.tables()
    macs = [column.title for column in table.columns].index("MACs")
    tops = [r for r in table.rows if not str(r.cells[0]).startswith(" ") and r.role != "total"]
    assert sum(row.cells[macs] for row in tops) == report.macs  # type: ignore[misc]
    assert all(len(row.cells) == len(table.columns) for row in table.rows)
    for width in (80, 160):
        for unicode in (True, False):
            text = str(rendered(view, "table", Terminal(width, unicode=unicode)))
            assert max(map(len, text.splitlines())) <= width
            _holds_all_numbers(table, text)


def _holds_all_numbers(table: Table, text: str) -> None:
    lines = iter(text.splitlines())
    for row in table.rows:
        name, params, macs = (row.cells[i] for i in (0, 6, 7))
        output = row.cells[1] or ""
        wanted = [str(name).strip(), f"{params:,}", f"{macs:,}", *str(output).split()]
        assert any(all(word in line.replace("|", " ").split() for word in wanted) for line in lines)


@pytest.mark.parametrize("width", [20, 40, 80, 100, 200])
@pytest.mark.parametrize("size", [31, 1023, 10**11 + 1])
def test_numbers_are_never_cut(width: int, size: int) -> None:
    spec = ha.Spec(channels=(1152, 4608, 18432), input=(3, size, size), repeats=12)
    view = View(ha.analyze(spec), "layers")
    (table,) = view.tables()
    text = str(rendered(view, "table", Terminal(width)))
    assert max(map(len, text.splitlines())) <= width
    words = set(text.split())
    for index in layout(table, width).shown:
        if table.columns[index].number:
            assert {plain(row.cells[index]) for row in table.rows} - {""} <= words


def test_a_wide_terminal_shows_more() -> None:
    narrow, wide = (str(rendered(ha.analyze("henet-r3"), "table", Terminal(w))) for w in (80, 140))
    left_out = "left out at width 80: activations, weight bytes, of params; width 120 shows all"
    assert left_out in " ".join(narrow.split())
    assert "left out" not in wide
    assert "weight bytes" in wide


def test_colour_only_where_it_is_asked_for() -> None:
    report = ha.analyze("henet-r3")
    assert "\x1b[" not in rendered(report, "table", Terminal(80, colour=False))
    coloured = str(rendered(report, "table", Terminal(80, colour=True)))
    assert "\x1b[" in coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in plain.splitlines()] == str(report).splitlines()


def test_reports_show_in_notebooks_and_terminals() -> None:
    report = ha.analyze("henet-r3")
    cells = _html(report._repr_html_())
    assert "10,046,040" in cells.texts
    assert str(report) == repr(report)
    assert str(report).startswith("henet-r3: 3x31x31 -> 10\n")
    assert report.to_dict() == json.loads(rendered(report, "json"))


@given(st.floats(0, 1))
def test_bars_are_as_long_as_their_share(part: float) -> None:
    assert abs(len(bar(Share(part), 10, unicode=False)) - 10 * part) <= 0.5
    assert len(bar(Share(part), 10)) <= 10
    assert bar(Share(part), 0) == ""
    full = bar(Share(part), 10).count("█")
    assert full <= 10 * part + 1 / 16


def test_sizes_in_bytes() -> None:
    assert [size(n) for n in (0, 1023, 1024, 1_048_575, 1_048_576, 5 * 2**40)] == [
        "0 B", "1023 B", "1.0 KiB", "1.0 MiB", "1.0 MiB", "5.0 TiB",
    ]  # fmt: skip


def test_shades_are_told_apart_without_block_characters() -> None:
    text = rendered(Said("·░▒▓█"), "table", Terminal(unicode=False))
    assert text.splitlines()[-1] == ".-+%#"
    assert "·░▒▓█" in rendered(Said("·░▒▓█"), "table")


def test_a_cell_is_one_line() -> None:
    """Whatever the name of a file has in it."""
    assert plain("a\nb\tc") == r"a\nb\tc"
