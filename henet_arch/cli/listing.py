"""`henet-arch list`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from . import completion, parsing
from .completion import one_of
from .options import Format, Output, parsed


def list_presets(
    family: Annotated[
        str | None,
        typer.Argument(
            metavar="FAMILY",
            help="Only this family.",
            autocompletion=one_of(completion.families),
            show_default=False,
        ),
    ] = None,
    input: Annotated[
        Any, parsed(parsing.image, "SIZE", "All for this image: 32 or 3x32x32.")
    ] = None,
    classes: Annotated[Any, parsed(parsing.number, "N", "All with so many outputs.")] = None,
    examples: Annotated[
        bool, typer.Option("--examples", help="List the files of blocks to start from instead.")
    ] = False,
    format: Format = None,
    output: Output = None,
) -> None:
    """List presets with their sizes."""
    from ..papers.catalogue import Catalogue
    from .output import show

    if examples:
        from ..papers.examples import Examples

        _refuse({"FAMILY": family, "--input": input, "--classes": classes})
        show(Examples(), format, output)
        return
    changes = {} if classes is None else {"classes": classes}
    show(Catalogue(family, input or (), **changes), format, output)


def _refuse(options: dict[str, object]) -> None:
    """Refuse what has no effect beside --examples."""
    if given := [name for name, value in options.items() if value is not None]:
        raise typer.BadParameter(f"{given[0]} has no effect with --examples")
