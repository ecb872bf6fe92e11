"""Tables 3 to 5 of the HENet paper, as data."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ..spec.spec import Spec


@cache
def read(name: str) -> list[dict[str, str]]:
    """The rows of a file of printed figures."""
    text = files("henet_arch.papers.data").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def spec_of(row: dict[str, str]) -> Spec:
    """The network of a row of Tables 3 to 5."""
    return Spec(family=row["family"], repeats=int(row["repeats"]), classes=int(row["classes"]))


@dataclass(frozen=True)
class PaperNetwork:
    """A network of one table, and its accuracy there."""

    table: str
    spec: Spec
    accuracy: float
    """In percent, the mean of the last five tests."""

    @property
    def name(self) -> str:
        return self.spec.title


@cache
def paper_networks() -> tuple[PaperNetwork, ...]:
    """The networks of Tables 3 to 5, in their order."""
    rows = read("tables.csv")
    return tuple(
        PaperNetwork(row["table"], spec_of(row), float(row["accuracy_percent"])) for row in rows
    )
