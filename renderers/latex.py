"""Reports as LaTeX tables for a paper, with booktabs, a caption and a label each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ..results.report_form import ReportForm
from ..results.table import Cell, Column, Result, Row, Table, Terminal, plain
from ..support.printable import printable

_PAGE = 45
"""Rows of a table that fit on a page; a longer one breaks over pages."""
_LINE = 24
"""Characters of prose that need not be broken."""
_SIGNS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "[": "{[}",  # after a row's end it would begin an option
    "≥": r"$\geq$",
    "µ": r"$\mu$",
    "·": ".",
    "░": "-",
    "▒": "+",
    "▓": r"\%",
    "█": r"\#",
    "…": r"\ldots{}",
}
_SHAPE = re.compile(r"(?<![\w.])\d+(?:x\d+)+(?![\w.])")


def report(result: Result, _terminal: Terminal) -> str:
    """All tables of `result`, to be read by a paper with `\\input`."""
    labels: set[str] = set()
    tables = [_table(table, _label(table.title, labels)) for table in result.tables()]
    packages = sorted({name for name in _PACKAGES if any(name in table for table in tables)})
    head = f"% \\usepackage{{{','.join(('booktabs', *packages))}}}"
    return "\n\n".join((head, *tables)) + "\n"


_PACKAGES = ("longtable", "tabularx")


def _label(title: str, labels: set[str]) -> str:
    """`tab:henet-r3`, of the words of the title; another for each table."""
    base = "-".join(re.findall(r"[a-z0-9]+", title.lower())) or "table"
    label = next(
        name for number in range(1, len(labels) + 2)
        if (name := base if number == 1 else f"{base}-{number}") not in labels
    )  # fmt: skip
    labels.add(label)
    return f"tab:{label}"


def _table(table: Table, label: str) -> str:
    if not table.rows:
        return " ".join((f"\\noindent\\textbf{{{escaped(table.title)}}}", *_sentences(table.notes)))
    shown = [i for i, column in enumerate(table.columns) if not (column.wide or _empty(table, i))]
    columns = [table.columns[index] for index in shown]
    rows = [Row([row.cells[index] for index in shown], row.role) for row in table.rows]
    form = _long if len(rows) > _PAGE else _short
    hidden = [column.title for column in table.columns if column.wide]
    comment = [f"% left out for want of room: {', '.join(hidden)}"] if hidden else []
    return "\n".join((*map(printable, comment), *form(table, label, columns, rows)))


def _empty(table: Table, index: int) -> bool:
    return index > 0 and not any(plain(row.cells[index]) for row in table.rows)


def _short(
    table: Table, label: str, columns: Sequence[Column], rows: Sequence[Row]
) -> Iterator[str]:
    """A table on one page; prose is broken into lines where there is some."""
    sides = _sides(columns, rows, "X")
    name, begin = ("tabularx", "tabularx}{\\linewidth") if "X" in sides else ("tabular", "tabular")
    yield "\\begin{table}"
    yield "  \\centering"
    yield f"  \\caption{{{escaped(table.title)}}}"
    yield f"  \\label{{{label}}}"
    yield f"  \\begin{{{begin}}}{{{sides}}}"
    yield "    \\toprule"
    yield f"    {_heads(columns)}"
    yield "    \\midrule"
    yield from _body(rows)
    yield "    \\bottomrule"
    yield f"  \\end{{{name}}}"
    if table.notes:
        yield "  \\par\\medskip\\footnotesize\\raggedright"
        yield from (f"  {sentence}" for sentence in _sentences(table.notes))
    yield "\\end{table}"


def _long(
    table: Table, label: str, columns: Sequence[Column], rows: Sequence[Row]
) -> Iterator[str]:
    """A table over several pages, its titles on each."""
    sides = _sides(columns, rows, "p{0.3\\linewidth}")
    yield f"\\begin{{longtable}}{{{sides}}}"
    yield f"  \\caption{{{escaped(table.title)}}}\\label{{{label}}}\\\\"
    for end in ("\\endfirsthead", "\\endhead"):
        yield "    \\toprule"
        yield f"    {_heads(columns)}"
        yield f"    \\midrule{end}"
    yield "    \\bottomrule\\endfoot"
    yield from _body(rows)
    yield "\\end{longtable}"
    if table.notes:
        yield "{\\footnotesize\\noindent"
        yield from (f"  {sentence}" for sentence in _sentences(table.notes))
        yield "\\par}"


def _sides(columns: Sequence[Column], rows: Sequence[Row], prose: str) -> str:
    """How each column is set; `prose` for those whose text is broken into lines."""
    longest = [max(len(plain(row.cells[index])) for row in rows) for index in range(len(columns))]
    return "".join(
        "r" if column.number or column.share else prose if column.prose and length > _LINE else "l"
        for column, length in zip(columns, longest, strict=True)
    )


def _heads(columns: Sequence[Column]) -> str:
    return _line(escaped(column.title) for column in columns)


def _body(rows: Iterable[Row]) -> Iterator[str]:
    for number, row in enumerate(rows):
        if row.role == "total" and number:
            yield "    \\midrule"
        yield f"    {_line(_cell(cell, bold=row.role != 'plain') for cell in row.cells)}"


def _line(cells: Iterable[str]) -> str:
    return f"{' & '.join(cells)} \\\\".lstrip()


def _cell(cell: Cell, bold: bool) -> str:
    text = plain(cell)
    name = escaped(text.lstrip())
    indent = "\\quad " * ((len(text) - len(text.lstrip())) // 2)
    return f"{indent}\\textbf{{{name}}}" if bold and name else f"{indent}{name}"


def _sentences(notes: Iterable[str]) -> list[str]:
    return [f"{escaped(note[:1].upper() + note[1:])}." for note in notes]


def escaped(text: str) -> str:
    """`text` as LaTeX prints it, sizes with a multiplication sign: `3x31x31` as $3\\times31...$."""
    parts = _SHAPE.split(printable(text))
    sizes = (f"${size.replace('x', _TIMES)}$" for size in _SHAPE.findall(printable(text)))
    plain_parts = ("".join(_SIGNS.get(sign, sign) for sign in part) for part in parts)
    joined = next(plain_parts)
    for size, part in zip(sizes, plain_parts, strict=True):
        joined += size + part
    return joined.replace("-\\textgreater{}", "$\\to$").replace("--", "-{}-")


_TIMES = r"\times "
REPORT = ReportForm(report)
