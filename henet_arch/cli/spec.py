"""`henet-arch spec`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from .options import Network, Output, takes_network


@takes_network
def spec(
    spec: Network,
    format: Annotated[
        Literal["toml", "json", "yaml"] | None,
        typer.Option("--format", "-f", help="By default what the output's ending says, or toml."),
    ] = None,
    output: Output = None,
) -> None:
    """Print a network's spec, to keep as a file and change."""
    from ..spec_files import dumps, form_of
    from .output import send

    form = format or (form_of(output) if output else "toml")
    send(dumps(spec, form), output)
