"""Presets with their computed sizes, beside what their references state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..analyzers.report import Report, analyze
from ..ir.dims import format_shape
from ..results.table import Column, Row, Table
from ..spec.build import build
from ..spec.families import family, networks
from ..spec.family import Preset
from ..spec.presets import presets
from ..spec.spec import Spec
from ..support.errors import HenetArchError
from ..weights.pretrained import pretrained


@dataclass(frozen=True)
class Entry:
    """One preset, built and counted."""

    name: str
    spec: Spec
    report: Report
    preset: Preset

    @property
    def is_unchanged(self) -> bool:
        """Whether the spec is the preset's own."""
        return self.spec.title == self.name

    @property
    def published(self) -> int | None:
        """The reference's count of parameters, where the spec is the preset's own."""
        return self.preset.params if self.is_unchanged else None

    @property
    def has_weights(self) -> bool:
        """Whether trained weights of the preset itself come with the package."""
        return self.is_unchanged and any(each.network == self.name for each in pretrained())

    @property
    def verdict(self) -> str:
        if self.published is None:
            return ""
        return "equal" if self.published == self.report.params else f"{self.published:,}"

    def record(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "family": self.spec.family,
            "input": format_shape(self.spec.input),
            "classes": self.spec.classes,
            "params": self.report.params,
            "macs": self.report.macs,
            "published_params": self.published,
            "reference": self.preset.reference,
            "weights": self.has_weights,
        }


class Catalogue:
    """The presets of one family or of all, with some values of their specs changed."""

    def __init__(self, of: str | None = None, image: tuple[int, ...] = (), **changes: Any) -> None:
        """An `image` of two sizes keeps each preset's channels.

        Raises UnknownNameError: there is no family `of`.
        """
        self.entries: list[Entry] = []
        self.refused: dict[str, HenetArchError] = {}
        """Those that the changes do not fit."""
        for name, spec in (networks(of) if of else presets()).items():
            sizes = image if len(image) == 3 else (spec.input[0], *(image or spec.input[1:]))
            changed = spec.replace(input=sizes, **changes)
            try:
                report = analyze(build(changed))
            except HenetArchError as error:
                self.refused[name] = error
            else:
                manifest = family(spec.family).presets[name]
                self.entries.append(Entry(name, changed, report, manifest))

    def tables(self) -> list[Table]:
        columns = (
            Column("preset"),
            Column("input", whole=True, rank=1),
            Column("classes", number=True, rank=2),
            Column("params", number=True),
            Column("checked", rank=3),
            Column("MACs", number=True),
            Column("reference", prose=True, wide=True),
        )
        rows = [
            Row(
                (
                    entry.name,
                    format_shape(entry.spec.input),
                    entry.spec.classes,
                    entry.report.params,
                    entry.verdict,
                    entry.report.macs,
                    entry.preset.reference,
                )
            )
            for entry in self.entries
        ]
        notes = ["counted as exact, for one image"]
        if any(entry.published is not None for entry in self.entries):
            notes.append("checked: whether the reference implementation has as many parameters")
        if trained := [entry.name for entry in self.entries if entry.has_weights]:
            notes.append(f"trained weights come with {', '.join(trained)}: list --weights")
        notes += [f"not {name}: {error.what}" for name, error in self.refused.items()]
        return [Table("presets", columns, rows, notes)]

    def to_dict(self) -> dict[str, Any]:
        refused = {name: error.what for name, error in self.refused.items()}
        result = {"schema": 1, "convention": "exact", "presets": self.records()}
        return result | {"refused": refused}

    def records(self) -> list[dict[str, Any]]:
        return [entry.record() for entry in self.entries]
