"""`henet-arch list`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import completion, parsing
from .completion import one_of
from .options import Format, Output, parsed

if TYPE_CHECKING:
    from ..results.table import Result


def list_presets(
    family: Annotated[
        str | None,
        typer.Argument(
            metavar="FAMILY",
            help="List only this family.",
            autocompletion=one_of(completion.families),
            show_default=False,
        ),
    ] = None,
    input: Annotated[
        Any, parsed(parsing.image, "SIZE", "Count all of them for this image: 32 or 3x32x32.")
    ] = None,
    classes: Annotated[
        Any, parsed(parsing.number, "N", "Count all of them with so many outputs.")
    ] = None,
    examples: Annotated[
        bool, typer.Option("--examples", help="List the files of blocks to start from instead.")
    ] = False,
    weights: Annotated[
        bool, typer.Option("--weights", help="List the trained weights that come along instead.")
    ] = False,
    format: Format = None,
    output: Output = None,
) -> None:
    """List presets with their sizes."""
    from .output import show

    shown = {"--examples": examples, "--weights": weights}
    lists = [name for name, asked in shown.items() if asked]
    if not lists:
        from ..papers.catalogue import Catalogue

        changes = {} if classes is None else {"classes": classes}
        show(Catalogue(family, input or (), **changes), format, output)
        return
    others = {"FAMILY": family, "--input": input, "--classes": classes}
    _refuse(lists[0], [name for name, value in others.items() if value is not None] + lists[1:])
    show(_other_list(lists[0]), format, output)


def _other_list(name: str) -> Result:
    if name == "--examples":
        from ..papers.examples import Examples

        return Examples()
    from ..papers.pretrained import PretrainedWeights

    return PretrainedWeights()


def _refuse(chosen: str, others: Sequence[str]) -> None:
    """Refuse what has no effect beside an option that lists something else."""
    if others:
        raise typer.BadParameter(f"{others[0]} has no effect with {chosen}")
