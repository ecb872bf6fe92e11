"""`henet-arch lint`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from ..support.exit_codes import FAILED
from . import completion, parsing
from .completion import some_of
from .effect import refuse
from .options import (
    MAX_BLOCKS,
    NETWORK,
    FindingsOutput,
    MaxBlocks,
    Network,
    form_option,
    parsed,
    takes_network,
)
from .paths import Reads

Form = Annotated[
    Any, form_option(parsing.form_of_findings, completion.forms_of_findings, ", parquet or sarif")
]

_RULES = some_of(completion.rules)


@takes_network
def lint(
    network: Network,
    context: typer.Context,
    source: str | None = None,
    select: Annotated[
        Any,
        parsed(
            parsing.rules,
            "RULES",
            "Check only these rules: ids or their beginnings, names, or ALL.",
            _RULES,
        ),
    ] = None,
    ignore: Annotated[
        Any,
        parsed(
            parsing.rules,
            "RULES",
            "Leave out these rules; the most specific selector decides.",
            _RULES,
        ),
    ] = None,
    explain: Annotated[
        Any,
        parsed(parsing.rules, "RULES", "Say what these rules find and why, of no network.", _RULES),
    ] = None,
    machine: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Read what henet-arch machine measured, for memory bounds."
        ),
        Reads,
    ] = None,
    max_blocks: MaxBlocks = MAX_BLOCKS,
    format: Form = None,
    output: FindingsOutput = None,
) -> None:
    """Find what is wrong or wasteful in a network.

    Exit 1 if there is an error.
    """
    from ..analyzers.machine import read
    from ..lints import diagnostics
    from ..lints.rule import TYPICAL
    from ..lints.selection import chosen
    from .output import show

    if explain:
        others = ("select", "ignore", "machine", "max_blocks", *NETWORK)
        refuse(context, "--explain looks at no network", *others)
        show(diagnostics.Explained(chosen(explain)), format, output)
        return
    profile = read(machine) if machine else TYPICAL
    result = diagnostics.lint(network, select or (), ignore or (), profile, max_blocks=max_blocks)
    show(replace(result, origin=diagnostics.origin(source)), format, output)
    if not result.holds:
        raise typer.Exit(FAILED)
