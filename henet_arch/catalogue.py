"""All presets with their computed sizes."""

from __future__ import annotations

from typing import Any

from .dims import show
from .engine import build
from .report import Report, analyze
from .sources import presets
from .spec import Spec
from .tables import Column, Row, Table


class Catalogue:
    """Every preset, built and counted."""

    def __init__(self) -> None:
        self.entries: list[tuple[Spec, Report]] = [
            (spec, analyze(build(spec))) for spec in presets().values()
        ]

    def tables(self) -> list[Table]:
        columns = (
            Column("preset"),
            Column("input", wide=True),
            Column("classes", number=True),
            Column("channels", prose=True),
            Column("repeats", prose=True),
            Column("params", number=True),
            Column("MACs", number=True),
        )
        rows = [
            Row(
                (
                    spec.title,
                    show(spec.input),
                    spec.classes,
                    ",".join(map(str, spec.channels)),
                    ",".join(map(str, spec.spread("repeats"))),
                    report.params,
                    report.macs,
                )
            )
            for spec, report in self.entries
        ]
        return [Table("presets", columns, rows, ["counted as exact, for one image"])]

    def to_dict(self) -> dict[str, Any]:
        return {"schema": 1, "convention": "exact", "presets": self.records()}

    def records(self) -> list[dict[str, Any]]:
        return [
            {
                "name": spec.title,
                "family": spec.family,
                "input": show(spec.input),
                "classes": spec.classes,
                "channels": " ".join(map(str, spec.channels)),
                "repeats": " ".join(map(str, spec.spread("repeats"))),
                "params": report.params,
                "macs": report.macs,
            }
            for spec, report in self.entries
        ]
