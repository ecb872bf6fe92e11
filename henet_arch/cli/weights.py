"""The option `--weights`, in every command that has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from .progress import say, say_tables

if TYPE_CHECKING:
    from ..ir.model import Model


def weighted(
    model: Model, weights: str | None, match_by: str | None, *, to_train: bool = False
) -> Model:
    """The network with the weights that were asked for, and on standard error where they are from.

    Raises:
        BadParameter: a way to match is said, and no weights.
    """
    if weights is None:
        if match_by:
            raise typer.BadParameter("--match-by changes nothing here: it is of --weights")
        return model
    from ..weights.matching import match, match_to_train

    way = match_to_train if to_train else match
    matching = way(model, weights, match_by or "names")
    if match_by:
        say_tables(matching.tables())
    else:
        for note in matching.notes:
            say(f"note: {note}")
    return matching.model
