"""The data sets, one file each: `load(folder)` reads the official files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ...support import plugins
from ...support.errors import UnknownNameError, nearest

if TYPE_CHECKING:  # the names of the data sets are asked for without PyTorch
    from ..data import Data


def names() -> tuple[str, ...]:
    """The data sets that there are."""
    return plugins.files("training.datasets")


def load(name: str, folder: Path | None = None) -> Data:
    """The data set `name`, from the official files in `folder`.

    Raises:
        UnknownNameError: there is none of that name.
        DataError: a file is missing or damaged.
        ExtraError: a package that reads it is not installed.
    """
    if name not in names():
        raise UnknownNameError(f"unknown data set {name!r}", fix=nearest(name, names()))
    data: Data = plugins.load("training.datasets", name).load(folder)
    return data
