"""Draws the curves of trainings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ._matplotlib import saved_figure

_TRAINED: dict[str, Any] = {"linewidth": 1}
_TESTED: dict[str, Any] = {"marker": "o", "linestyle": "--", "markersize": 3}
_AVERAGED: dict[str, Any] = {"marker": ".", "linestyle": ":", "markersize": 3}


def draw(runs: Mapping[str, Sequence[Mapping[str, Any]]], path: Path) -> None:
    """Loss and test accuracy over the epochs, of averaged weights too, for one run or several.

    Raises:
        FileError: the ending says no form, or the file cannot be written.
    """
    with saved_figure(path, (9, 3.4)) as figure:
        losses, accuracies = figure.subplots(1, 2)
        kept: dict[str, dict[str, Any]] = {}
        for name, rows in runs.items():
            (line,) = losses.plot(*_points(rows, "train_loss"), **_TRAINED)
            own = {"color": line.get_color()}
            losses.plot(*_points(rows, "test_loss"), **_TESTED | own)
            accuracies.plot(*_points(rows, "test_accuracy", 100), "o-", markersize=3, label=name)
            if averaged := [row for row in rows if row.get("averaged_accuracy") is not None]:
                accuracies.plot(*_points(averaged, "averaged_accuracy", 100), **_AVERAGED | own)
                kept = {"averaged weights": _AVERAGED}
        for axes, title, styles in (
            (losses, "cross-entropy", {"train": _TRAINED, "test": _TESTED}),
            (accuracies, "test accuracy, %", kept),
        ):
            for label, style in styles.items():
                axes.plot([], [], **style, color="grey", label=label)
            axes.set_xlabel("epoch")
            axes.set_title(title)
            axes.grid(alpha=0.3)
            axes.legend(fontsize="small")
        losses.set_yscale("log")  # the first tests lie far above all that follows
        for axis in ("major", "minor"):
            getattr(losses.yaxis, f"set_{axis}_formatter")(_tick)


def _tick(value: float, position: object = None) -> str:
    """A value of a logarithmic axis, where it is 1, 2 or 5 times a power of ten."""
    text = f"{value:g}"
    return text if text.strip("0.")[:1] in ("1", "2", "5") and len(text.strip("0.")) == 1 else ""


def _points(
    rows: Sequence[Mapping[str, Any]], key: str, scale: float = 1
) -> tuple[list[float], list[float]]:
    """The epochs at which a value stands in the log, and the values."""
    points = [row for row in rows if row[key] is not None]
    return [row["epoch"] for row in points], [scale * row[key] for row in points]
