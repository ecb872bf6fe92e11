"""A page of one file, in the colours of the reader's system."""

from __future__ import annotations

from html import escape

from ._colours import THEMES

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
{body}</body>
</html>
"""
_STYLE = """body { font: 14px/1.5 system-ui, Helvetica, Arial, sans-serif; margin: 0 auto; \
max-width: 80rem; padding: 1.5rem; }
div { margin: 1.5rem 0 .6rem; }
caption { font-size: 1.15em; padding-bottom: .5em; }
thead th { border-bottom: 1px solid; }
tbody tr:hover { background: rgb(128 128 128 / .14); }"""


def sheet(title: str, body: str, style: str = "") -> str:
    """The page; `body` is HTML, and `style` more of CSS."""
    styles = "\n".join(filter(None, (_STYLE, _colours(), style)))
    return _PAGE.format(title=escape(title), style=styles, body=body)


def _colours() -> str:
    light, dark = (
        f"color: {theme.text}; background: {theme.ground};"
        for theme in (THEMES["light"], THEMES["dark"])
    )
    return f"body {{ {light} }}\n@media (prefers-color-scheme: dark) {{ body {{ {dark} }} }}"
