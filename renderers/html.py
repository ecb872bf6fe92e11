"""Reports as a page; drawings as a page to explore."""

from __future__ import annotations

from html import escape

from ..results.markup import fragment
from ..results.report_form import ReportForm
from ..results.table import Result, Terminal
from ..views.drawing import Drawing, DrawingForm
from ._colours import THEMES
from ._page import page

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
{tables}</body>
</html>
"""
_STYLE = """body { font: 14px/1.5 system-ui, Helvetica, Arial, sans-serif; margin: 0 auto; \
max-width: 80rem; padding: 1.5rem; }
div { margin: 1.5rem 0 .6rem; }
caption { font-size: 1.15em; padding-bottom: .5em; }
thead th { border-bottom: 1px solid; }
tbody tr:hover { background: rgb(128 128 128 / .14); }"""


def draw(drawing: Drawing) -> str:
    """One page that needs no network."""
    return page(drawing)


def report(result: Result, _terminal: Terminal) -> str:
    """A page with all tables of `result`, in the colours of the reader's system."""
    title = next((table.title for table in result.tables()), "henet-arch")
    return _PAGE.format(title=escape(title), style=_styles(), tables=fragment(result.tables()))


def _styles() -> str:
    light, dark = (
        f"color: {theme.text}; background: {theme.ground};"
        for theme in (THEMES["light"], THEMES["dark"])
    )
    return (
        f"{_STYLE}\nbody {{ {light} }}\n@media (prefers-color-scheme: dark) {{ body {{ {dark} }} }}"
    )


REPORT = ReportForm(report)
DRAWING = DrawingForm(draw, (".html", ".htm"), uses=("depth", "fold", "color_by", "theme"))
