"""Draws what a network holds while each layer runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...analyzers.memory_timeline import MemoryTimeline, Timeline
from ._matplotlib import saved_figure

_KIB = 1024


def plot(result: MemoryTimeline, path: Path) -> None:
    """Memory over the layers as SVG, PNG or PDF; the best order too where it is another.

    Raises:
        FileError: the ending says no form, or the file cannot be written.
        ExtraError: matplotlib is not installed.
    """
    with saved_figure(path, (9, 4)) as figure:
        figure.set_facecolor("white")
        axes = figure.subplots()
        axes.set_facecolor("white")
        _draw(axes, result.own, "the graph's own order", "#2563a6")
        if result.reordered:
            _draw(axes, result.best, "the best order found", "#c2570c")
        axes.set_title(f"{result.graph.name}: activations held while each layer runs")
        axes.set_xlabel("layers, in the order in which they run")
        axes.set_ylabel("KiB")
        axes.set_xlim(0, len(result.graph))
        axes.set_ylim(0, 1.3 * result.own.peak.live_bytes / _KIB)
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small", loc="upper right")


def _draw(axes: Any, line: Timeline, label: str, colour: str) -> None:
    """One order, its peak marked."""
    held = [moment.live_bytes / _KIB for moment in line.moments]
    peak, at = line.peak, line.moments.index(line.peak) + 0.5
    top = peak.live_bytes / _KIB
    axes.stairs(held, color=colour, fill=True, alpha=0.15)
    axes.stairs(held, color=colour, linewidth=1.2, label=f"{label}: {top:,.1f} KiB, {peak.layer}")
    axes.plot([at], [top], "o", color=colour, markersize=5)
