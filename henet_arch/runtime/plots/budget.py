"""Draws a front: two objectives against each other, and the networks that were held against it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...errors import DrawError
from ...frontier.answer import Answer, Check
from ...frontier.measures import MEASURES
from ...frontier.question import Question
from ..figures import drawing_form, saved_figure

_FRONT, _ON, _OFF = "#2563a6", "#1a7f4b", "#c2570c"


def ready(question: Question, path: Path) -> None:
    """Refuse what cannot be drawn, before the search.

    Raises:
        DrawError: there are not two objectives.
        FileError: the ending says no form.
        ExtraError: matplotlib is not installed.
    """
    if len(question.objectives) < 2:
        raise DrawError("a plot of a front needs two objectives", fix="--maximize and --minimize")
    drawing_form(path)


def plot(found: Answer, path: Path) -> None:
    """The first objective of a front over the last one, as SVG, PNG or PDF.

    Raises:
        FileError: the file cannot be written; and all that `ready` raises.
    """
    ready(found.question, path)
    upward, across = found.question.objectives[0], found.question.objectives[-1]
    with saved_figure(path, (9, 5)) as figure:
        figure.set_facecolor("white")
        axes = figure.subplots()
        axes.set_facecolor("white")
        _front(axes, found, across, upward)
        for check in found.checks:
            _check(axes, check, across, upward)
        axes.set_title(f"The front of {found.question.space.size:,} specs")
        for name, axis in ((across, axes.xaxis), (upward, axes.yaxis)):
            measure = MEASURES[name]
            axis.set_label_text(measure.title)
            axis.set_major_formatter(lambda value, _, text=measure.text: text(round(value)))
        axes.grid(alpha=0.3)
        axes.margins(0.12)
        axes.legend(fontsize="small", loc="best")


def _front(axes: Any, found: Answer, across: str, upward: str) -> None:
    families = dict.fromkeys(point.spec.family for point in found.points)
    if len(found.question.objectives) == 2:
        points = sorted((p.figures[across], p.figures[upward]) for p in found.points)
        if points:
            steps = {"drawstyle": "steps-post", "linewidth": 0.8, "alpha": 0.6}
            axes.plot(*zip(*points, strict=True), color=_FRONT, **steps)
    for family, marker in zip(families, "osDv^<>pPX*hHd", strict=False):
        some = [p.figures for p in found.points if p.spec.family == family]
        x, y = ([figures[name] for figures in some] for name in (across, upward))
        axes.plot(x, y, marker, color=_FRONT, markersize=4, label=f"{family}: {len(some)} points")


def _check(axes: Any, check: Check, across: str, upward: str) -> None:
    """One network, named beside its mark."""
    place = (check.network.figures[across], check.network.figures[upward])
    colour = _ON if check.holds else _OFF
    axes.plot(*place, "o", color=colour, markersize=9, fillstyle="none", markeredgewidth=1.8)
    said = f"{check.network.name}: {'on the front' if check.holds else 'not on it'}"
    axes.annotate(
        said, place, (0, -16), textcoords="offset points", ha="center", color=colour, fontsize=9
    )
