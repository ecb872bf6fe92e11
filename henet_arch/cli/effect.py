"""An option that would change nothing is refused, and never passed over."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from ..results.columns import Field


def refuse(context: typer.Context, why: str, *names: str) -> None:
    """Refuse the parameters of those names where the command line has them.

    Args:
        context: The command's.
        why: The reason why they change nothing, as the end of a sentence.
        names: The parameters as the command's function calls them.

    Raises:
        typer.BadParameter: the command line has one of them.
    """
    for parameter in context.command.params:
        if parameter.name in names and _is_given(context, str(parameter.name)):
            spellings = [*parameter.opts, *parameter.secondary_opts]
            words = "/".join(word for word in spellings if word.startswith("--"))
            named = words or parameter.metavar
            raise typer.BadParameter(f"{named} changes nothing here: {why}")


def refuse_fold(
    context: typer.Context,
    form: str | None,
    output: Path | None,
    columns: Iterable[Field] = (),
) -> None:
    """Refuse `--fold`, `--no-fold` and a column of repeats in a form without tables."""
    from ..forms import report_form
    from .output import form_name

    name = form_name(form, output)
    if report_form(name).reads == "tables":
        return
    why = f"{name} has every block by itself"
    refuse(context, why, "fold")
    for column in columns:
        if column.tables_only:
            raise typer.BadParameter(f"--columns {column.name} is for tables: {why}")


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
