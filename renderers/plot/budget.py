"""Draws a front: two objectives against each other, and the networks that were held against it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...search.measures import MEASURES
from ...search.query import Query
from ...search.result import SearchResult
from ...support.errors import DrawError
from ._labels import label
from ._matplotlib import drawing_form, saved_figure

_FRONT, _ON, _OFF = "#2563a6", "#1a7f4b", "#c2570c"


def ready(query: Query, path: Path) -> None:
    """Refuse what cannot be drawn, before the search.

    Raises:
        DrawError: there are not two objectives.
        FileError: the ending says no form.
        ExtraError: matplotlib is not installed.
    """
    if len(query.objectives) < 2:
        raise DrawError("a plot of a front needs two objectives", fix="--maximize and --minimize")
    drawing_form(path)


def plot(result: SearchResult, path: Path) -> None:
    """The first objective of a front over the last one, as SVG, PNG or PDF.

    Raises:
        FileError: the file cannot be written; and all that `ready` raises.
    """
    ready(result.query, path)
    upward, across = result.query.objectives[0], result.query.objectives[-1]
    with saved_figure(path, (9, 5)) as figure:
        figure.set_facecolor("white")
        axes = figure.subplots()
        axes.set_facecolor("white")
        _front(axes, result, across, upward)
        _checks(axes, result, across, upward)
        axes.set_title(f"The front of {result.query.space.size:,} specs")
        for name, axis in ((across, axes.xaxis), (upward, axes.yaxis)):
            measure = MEASURES[name]
            axis.set_label_text(measure.title)
            axis.set_major_formatter(lambda value, _, text=measure.text: text(round(value)))
        axes.grid(alpha=0.3)
        axes.margins(0.12)
        if result.points or result.checks:
            axes.legend(fontsize="small", loc="best")
        _names(axes, result, across, upward)


def _front(axes: Any, result: SearchResult, across: str, upward: str) -> None:
    families = dict.fromkeys(point.spec.family for point in result.points)
    if len(result.query.objectives) == 2:
        points = sorted((p.figures[across], p.figures[upward]) for p in result.points)
        if points:
            steps = {"drawstyle": "steps-post", "linewidth": 0.8, "alpha": 0.6}
            axes.plot(*zip(*points, strict=True), color=_FRONT, **steps)
    for family, marker in zip(families, "osDv^<>pPX*hHd", strict=False):
        some = [p.figures for p in result.points if p.spec.family == family]
        x, y = ([figures[name] for figures in some] for name in (across, upward))
        axes.plot(x, y, marker, color=_FRONT, markersize=4, label=f"{family}: {len(some)} points")


def _checks(axes: Any, result: SearchResult, across: str, upward: str) -> None:
    """The networks that were held against the front."""
    for holds, colour, name in ((True, _ON, "on the front"), (False, _OFF, "not on it")):
        some = [check.network.figures for check in result.checks if check.holds == holds]
        x, y = ([figures[name] for figures in some] for name in (across, upward))
        if some:
            ring = {"fillstyle": "none", "markersize": 9, "markeredgewidth": 1.8}
            axes.plot(x, y, "o", color=colour, label=name, **ring)


def _names(axes: Any, result: SearchResult, across: str, upward: str) -> None:
    """Their names, from below."""
    ordered = sorted(result.checks, key=lambda check: check.network.figures[upward])
    label(
        axes,
        (
            (
                check.network.name,
                (check.network.figures[across], check.network.figures[upward]),
                {"color": _ON if check.holds else _OFF, "fontsize": 9},
            )
            for check in ordered
        ),
    )
