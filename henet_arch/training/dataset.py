"""What a data set is: a line about it, how it is read, and what may be asked of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from ..support.errors import DataError

if TYPE_CHECKING:  # the names of the data sets are asked for without PyTorch
    from ..results.table import Table
    from .data import Data

Resize: TypeAlias = "tuple[int, int] | Literal['stretch'] | None"
"""The height and width that images cover before a crop, or `stretch`; None where nobody says."""
OPTIONS = ("holdout", "resize", "augment", "class_names")
"""What only some data sets take."""


class Listener:
    """Told what is done while a data set is read; this one says nothing."""

    def progress(self, done: int, total: int) -> None:
        """So many files are read, of so many."""

    def say(self, sentence: str) -> None:
        """One sentence."""

    def show(self, table: Table) -> None:
        """A table of what was found."""


SILENT = Listener()
"""It says nothing."""


@dataclass(frozen=True)
class Request:
    """What a network, and whoever trains or tests it, asks of a data set.

    Attributes:
        folder: where its files are.
        channels: 3 where images are wanted in colour, 1 where in grey.
        size: height and width of the network's input.
        outputs: how many classes the network tells; None where the data set decides.
        classes: their names by label; those of the data set when there are none.
        resize: the height and width that images of any size cover before they are cropped.
        holdout: the share of each class that is held out, where no images are for tests alone.
        seed: of what is held out.
        tests_only: whether no training images are asked for.
        listener: what is told of the files.
    """

    folder: Path | None = None
    channels: int = 3
    size: tuple[int, int] = (1, 1)
    outputs: int | None = None
    classes: tuple[str, ...] = ()
    resize: Resize = None
    holdout: float | None = None
    seed: int = 0
    tests_only: bool = False
    listener: Listener = field(default=SILENT, compare=False, repr=False)


ANYTHING = Request()
"""Nothing is asked for but the data."""


@dataclass(frozen=True)
class DataSet:
    """A data set that `train` and `evaluate` know by name.

    Attributes:
        summary: one line: what it is, and what its files are.
        load: reads it.
        takes: those of `OPTIONS` that change something.
    """

    summary: str
    load: Callable[[Request], Data]
    takes: frozenset[str] = frozenset()

    def check(self, name: str, options: Mapping[str, object]) -> None:
        """Refuse options that are given and would change nothing.

        Raises:
            DataError: one is given.
        """
        for key, value in options.items():
            if value is not None and key not in self.takes:
                raise DataError(
                    f"{key} = {value} changes nothing here: {name} does not take it",
                    why=f"{name}: {self.summary}",
                    fix=f"leave {key} out",
                )
