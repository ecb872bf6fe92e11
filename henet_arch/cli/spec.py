"""`henet-arch spec`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from .options import Network, takes_network
from .output import spec_file, text_file
from .paths import Given, Writes


def _check_output(path: Path, given: Given) -> None:
    """Refuse a file that cannot be written, or whose ending is none of a spec file."""
    check = text_file if given["format"] else spec_file
    check(path, given)


@takes_network
def spec(
    network: Network,
    format: Annotated[
        Literal["toml", "json", "yaml"] | None,
        typer.Option("--format", "-f", help="By default what the output's ending says, or toml."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write to a file, whole or not at all."
        ),
        Writes(_check_output),
    ] = None,
) -> None:
    """Print a network's spec, to keep as a file and change."""
    from ..importers.load import resolve_spec
    from ..spec.files import dumps, form_of
    from .output import send

    form = format or (form_of(output) if output else "toml")
    send(dumps(resolve_spec(network, "a spec file"), form), output)
