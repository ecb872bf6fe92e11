"""The reference of the command line, made from the commands themselves."""

from __future__ import annotations

import re
from typing import Any

import typer

from henet_arch.cli.app import app
from henet_arch.cli.help_all import contexts

_INTRODUCTION = """# The command line

Every command with its arguments and options, as this version has them. `henet-arch COMMAND --help`
prints the same, and `henet-arch --help-all` all of it at once. [Sources](../sources.md) says what
SOURCE can be.

Exit codes: 0 done; 1 a check did not hold; 2 wrong usage; 3 an invalid spec or file; 130
interrupted by Ctrl-C. Results go to standard output; progress, warnings and errors to standard
error.
"""


def page() -> str:
    """The page: a section for each command, in the order of `henet-arch --help`."""
    root, *commands = contexts(app)
    index = "\n".join(
        f"| [`{context.info_name}`](#{context.info_name}) | {_cell(context.command.help)} |"
        for context in commands
    )
    table = f"| command | what it does |\n| --- | --- |\n{index}\n"
    parts = [_INTRODUCTION, table, "## Of all commands\n", _options(root)]
    return "\n".join([*parts, *map(_section, commands)])


def _section(context: typer.Context) -> str:
    usage = " ".join(context.command.collect_usage_pieces(context))
    parts = [
        f"## {context.info_name}\n",
        f"```sh\n{context.command_path} {usage}\n```\n",
        f"{_escaped(context.command.help)}\n",
        _options(context),
        _epilog(context),
    ]
    return "\n".join(parts)


def _options(context: typer.Context) -> str:
    records = [
        record
        for parameter in context.command.get_params(context)
        if (record := parameter.get_help_record(context))
    ]
    rows = [f"| `{name.replace('|', chr(0x2223))}` | {_cell(text)} |" for name, text in records]
    return "\n".join(["| option | meaning |", "| --- | --- |", *rows, ""])


def _epilog(context: typer.Context) -> str:
    """What a command's help ends in: names that it lists as they are today."""
    formatter: Any = context.make_formatter()
    context.command.format_epilog(context, formatter)
    text = formatter.getvalue().strip()
    return f"```text\n{text}\n```\n" if text else ""


def _cell(text: str | None) -> str:
    return _escaped(" ".join((text or "").split())).replace("|", "\\|")


def _escaped(text: str | None) -> str:
    """The text with what Markdown would take for its own made plain."""
    return re.sub(r"([*_<>\[\]`])", r"\\\1", text or "")
