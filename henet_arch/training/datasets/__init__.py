"""The data sets, one file each: `load(folder)` reads the official files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ...support.plugins import Parts

if TYPE_CHECKING:  # the names of the data sets are asked for without PyTorch
    from ..data import Data

DATASETS: Parts[Callable[[Path | None], Data]] = Parts("training.datasets", "load", "data set")


def load(name: str, folder: Path | None = None) -> Data:
    """The data set `name`, from the official files in `folder`.

    Raises:
        UnknownNameError: there is none of that name.
        DataError: a file is missing or damaged.
        ExtraError: a package that reads it is not installed.
    """
    return DATASETS[name](folder)
