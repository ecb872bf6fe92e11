"""The trained weights that come with the package, with what they reach."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..results.table import Column, Row, Table
from ..weights.pretrained import pretrained


class PretrainedWeights:
    """All of them, with the command that trained each."""

    def tables(self) -> list[Table]:
        columns = (
            Column("network"),
            Column("weights"),
            Column("accuracy, %", number=True),
            Column("command", prose=True),
        )
        rows = [
            Row((each.network, each.name, f"{each.accuracy:.2f}", each.command))
            for each in pretrained()
        ]
        images = dict.fromkeys((each.name, each.images) for each in pretrained())
        notes = ["accuracy: of the held-out images, after the last step"]
        notes += [f"{name}: {text}" for name, text in images]
        first = pretrained()[0]
        notes.append(f"henet-arch evaluate {first.network} --weights {first.name} IMAGES uses them")
        return [Table("trained weights", columns, rows, notes)]

    def to_dict(self) -> dict[str, Any]:
        return {"schema": 1, "weights": self.records()}

    def records(self) -> list[dict[str, Any]]:
        return [asdict(each) for each in pretrained()]
