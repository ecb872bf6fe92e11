"""What comes of an evaluation, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...ir.model import Model
from ...results.shown import Shown
from ...results.table import Column, Row, Table
from .class_tables import by_class
from .scoring import Score


@dataclass(frozen=True)
class Evaluation(Shown):
    """Weights on the test images of a data set."""

    model: Model
    data: str
    classes: tuple[str, ...]
    score: Score
    note: str
    runner: str
    """What ran the network."""

    def tables(self) -> Sequence[Table]:
        rows = [
            Row(("data", f"{self.data}, {self.score.images:,} test images")),
            Row(("test accuracy", f"{self.score.accuracy:.2%}")),
            Row(("test loss", f"{self.score.loss:.4f}")),
        ]
        columns = (Column("figure"), Column("value", prose=True))
        notes = [*filter(None, [self.note]), f"run by {self.runner}"]
        summary = Table(f"{self.model.name} evaluated", columns, rows, notes)
        return [summary, *by_class(self.score, self.classes)]

    def to_dict(self) -> dict[str, Any]:
        values = {"name": self.model.name, "data": self.data, "images": self.score.images}
        result = {"accuracy": self.score.accuracy, "loss": self.score.loss}
        return {
            "schema": 1,
            **values,
            **result,
            "classes": list(self.classes),
            "confusion": self.score.confusion,
            "note": self.note,
            "runner": self.runner,
        }

    def records(self) -> list[dict[str, Any]]:
        pairs = zip(self.classes, self.score.confusion, strict=True)
        key = "true"
        while key in self.classes:
            key += " class"
        return [{key: name, **dict(zip(self.classes, row, strict=True))} for name, row in pairs]
