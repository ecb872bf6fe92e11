"""What is unusual about files that people gathered, counted by kind."""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..results.table import Column, Row, Table
from ..support.printable import printable


@dataclass(frozen=True)
class Finding:
    """Something about one file or folder.

    Attributes:
        path: below the data's folder.
        kind: in a few words, the same for all files alike.
        outcome: what becomes of it.
        skipped: whether it is not used.
        detail: more, of this file alone.
    """

    path: str
    kind: str
    outcome: str
    skipped: bool
    detail: str = ""


_LONGEST = 32
"""Characters of a path in a table; all of it is in the file of findings."""


@dataclass(frozen=True)
class Findings:
    """All findings of a folder, of which as many as `used` images are used."""

    folder: str
    used: int
    all: Sequence[Finding]

    @property
    def skipped(self) -> int:
        """How many files and folders are not used."""
        return sum(finding.skipped for finding in self.all)

    def table(self) -> Table:
        """One row for each kind, those that are skipped first."""
        counts = Counter((f.skipped, f.kind, f.outcome) for f in self.all)
        first: dict[tuple[bool, str, str], str] = {}
        for finding in self.all:
            first.setdefault((finding.skipped, finding.kind, finding.outcome), finding.path)
        ordered = sorted(counts, key=lambda key: (not key[0], -counts[key], key))
        columns = [
            Column("files", number=True),
            Column("are", prose=True),
            Column("become", prose=True),
            Column("the first", prose=True),
        ]
        rows = [Row((counts[key], key[1], key[2], _short(first[key]))) for key in ordered]
        title = f"images of {self.folder}: {self.used:,} used, {self.skipped:,} left out"
        return Table(title, columns, rows)

    def csv(self) -> str:
        """Every finding, for a spreadsheet."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("file", "is", "becomes", "detail"))
        for each in self.all:
            writer.writerow(map(printable, (each.path, each.kind, each.outcome, each.detail)))
        return text.getvalue()


def _short(path: str) -> str:
    """The end of a path, from a folder on where that fits."""
    tail = printable("/".join(path.split(os.sep)[-2:]))
    return tail if len(tail) <= _LONGEST else f"...{tail[3 - _LONGEST :]}"
