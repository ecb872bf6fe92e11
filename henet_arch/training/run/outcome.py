"""What came of a training, as tables and curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...ir.model import Model
from ...papers.training import PAPER
from ...results.shown import Shown
from ...results.table import Column, Row, Table
from ..evaluation.class_tables import by_class
from ..evaluation.scoring import Score
from ..optimization.patience import is_exhausted
from ..settings import Settings


@dataclass(frozen=True)
class Outcome(Shown):
    """A training that has ended or was stopped."""

    model: Model
    """The network with the weights of the last step, and what is known of its images."""
    settings: Settings
    classes: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    score: Score | None
    steps: int
    note: str
    batch: int
    """Images of a batch, which are fewer than the settings' where there are fewer."""
    start: str
    """`weights` where it began from some, "" where all were drawn."""

    @property
    def step(self) -> int:
        """Steps that are done."""
        return int(self.rows[-1]["step"]) if self.rows else 0

    @property
    def finished(self) -> bool:
        """Whether it has done all its steps, or its patience has ended it."""
        return self.step == self.steps or self.has_stopped_early

    @property
    def has_stopped_early(self) -> bool:
        return self.step < self.steps and is_exhausted(self.rows, self.settings.patience)

    @property
    def accuracies(self) -> list[float]:
        """The test accuracies, in the order of the tests."""
        return [row["test_accuracy"] for row in self.rows if row["test_accuracy"] is not None]

    @property
    def mean_accuracy(self) -> float | None:
        """The paper's: the mean of the last five evaluations."""
        last = self.accuracies[-PAPER.last_tests :]
        return sum(last) / len(last) if last else None

    @property
    def averaged_accuracy(self) -> float | None:
        """The last test accuracy of the averaged weights, where there are any."""
        tested = [row["averaged_accuracy"] for row in self.rows if "averaged_accuracy" in row]
        return tested[-1] if tested else None

    @property
    def images_per_second(self) -> float:
        """The median over the log's rows, without evaluations."""
        speeds = sorted(row["images_per_second"] for row in self.rows)
        return float(speeds[len(speeds) // 2]) if speeds else 0.0

    def tables(self) -> Sequence[Table]:
        rows = [
            ("data", f"{self.settings.data}, schedule {self.settings.schedule}"),
            (
                "steps",
                f"{self.step:,} of {self.steps:,}{self._early()}, batch {self.batch}",
            ),
            ("training", f"{self.images_per_second:,.0f} images/s"),
        ]
        if self.score and self.mean_accuracy is not None:
            count = min(PAPER.last_tests, len(self.accuracies))
            rows += [
                (
                    "test accuracy",
                    f"{self.score.accuracy:.2%}, loss {self.score.loss:.4f}{self._when()}",
                ),
                ("mean accuracy", f"{self.mean_accuracy:.2%}, {_of_last(count)}"),
            ]
        if self.averaged_accuracy is not None:
            rows.append(("averaged weights", f"{self.averaged_accuracy:.2%} test accuracy"))
        columns = (Column("figure"), Column("value", prose=True))
        notes = [self.note] if self.note else []
        done = "trained" if self.finished else "stopped"
        summary = Table(f"{self.model.name} {done}", columns, [Row(r) for r in rows], notes)
        return [summary, *by_class(self.score, self.classes)] if self.score else [summary]

    def _early(self) -> str:
        return " (no test was better)" if self.has_stopped_early else ""

    def _when(self) -> str:
        """Of which step the score is, where more came after it."""
        tested = max(row["step"] for row in self.rows if row["test_accuracy"] is not None)
        return "" if tested == self.step else f", after step {tested:,}"

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "name": self.model.name,
            "settings": asdict(self.settings),
            "step": self.step,
            "steps": self.steps,
            "images_per_second": self.images_per_second,
            "accuracy": self.score.accuracy if self.score else None,
            "mean_accuracy": self.mean_accuracy,
            "averaged_accuracy": self.averaged_accuracy,
            "finished": self.finished,
            "classes": list(self.classes),
            "confusion": self.score.confusion if self.score else None,
            "note": self.note,
            "log": list(self.rows),
        }

    def records(self) -> list[dict[str, Any]]:
        return list(self.rows)

    def draw(self, path: Path) -> None:
        """Write the curves of loss and accuracy, as the path's ending says."""
        from ...renderers.plot._curves import draw

        draw({self.model.name: self.rows}, path)


def _of_last(count: int) -> str:
    return "of the last evaluation" if count == 1 else f"of the last {count} evaluations"
