"""What a verification says: statements, each with what was expected and what was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from ..results.shown import Shown
from ..results.table import Column, Row, Table


@dataclass(frozen=True)
class Check:
    """One statement about the module."""

    name: str
    expected: str
    found: str
    differences: tuple[str, ...] = ()
    """What differs in detail: tensors and layers by name."""
    within: bool = False
    """Whether what was found keeps the bound that `expected` says."""

    @property
    def holds(self) -> bool:
        return (self.within or self.expected == self.found) and not self.differences


def titled(title: str, checks: Iterable[Check]) -> Iterator[Check]:
    """The same statements, about something that has a title."""
    return (replace(check, name=f"{title}: {check.name}") for check in checks)


@dataclass(frozen=True)
class Verification(Shown):
    """All checks of one network."""

    name: str
    checks: tuple[Check, ...]
    sides: tuple[str, str] = ("graph", "PyTorch")
    """What is held against what."""
    subject: str = "the emitted module"
    notes: tuple[str, ...] = ()
    """What could not be checked, and why."""

    @property
    def holds(self) -> bool:
        return all(check.holds for check in self.checks)

    def tables(self) -> list[Table]:
        columns = (
            Column("check", prose=True),
            *(Column(side, number=True, prose=True) for side in self.sides),
            Column("holds"),
        )
        rows = [Row((c.name, c.expected, c.found, "yes" if c.holds else "NO")) for c in self.checks]
        wrong = [line for check in self.checks for line in check.differences[:_SHOWN]]
        more = sum(max(0, len(check.differences) - _SHOWN) for check in self.checks)
        notes = [*wrong, *([f"and {more} more"] if more else [])]
        verdict = "is the network that was analyzed" if self.holds else "DIFFERS from its graph"
        notes += [*self.notes, f"{self.subject} {verdict}; PyTorch {torch.__version__}"]
        return [Table(f"{self.name} verified", columns, rows, notes)]

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "name": self.name,
            "torch": torch.__version__,
            "holds": self.holds,
            "notes": list(self.notes),
            "checks": self.records(),
        }

    def records(self) -> list[dict[str, Any]]:
        return [
            {**asdict(check), "differences": "; ".join(check.differences), "holds": check.holds}
            for check in self.checks
        ]


_SHOWN = 10
