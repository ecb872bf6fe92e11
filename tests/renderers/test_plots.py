"""Plots: families are told apart, and no name lies on another."""

from __future__ import annotations

import importlib.util
from itertools import combinations, pairwise

import pytest
from checkout import ROOT
from henet_arch.renderers.plot._labels import box_of, label

figures = pytest.importorskip("matplotlib.figure")


def test_each_family_of_the_landscape_has_a_marker_of_its_own() -> None:
    spec = importlib.util.spec_from_file_location("make_docs", ROOT / "docs" / "make.py")
    assert spec
    assert spec.loader
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    figure = make.landscape_figure()
    (axes,) = figure.axes
    markers = {
        line.get_label(): (line.get_marker(), line.get_markerfacecolor() == "white")
        for line in axes.lines
    }
    assert len(set(markers.values())) == len(markers)
    colours = [
        line.get_markeredgecolor()
        if line.get_markeredgecolor() != "black"
        else line.get_markerfacecolor()
        for line in axes.lines
    ]
    assert all(a != b for a, b in pairwise(colours))
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes.get_legend().get_texts()]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


@pytest.mark.parametrize("step", [0.0, 0.01, 0.1])
def test_names_lie_on_no_other_name_and_on_no_point(step: float) -> None:
    """Twelve points that lie on one another, near one another and apart."""
    figure = figures.Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    points = [(0.5 + step * (n % 4), 0.5 + step * (n // 4)) for n in range(12)]
    axes.plot(*zip(*points, strict=True), "o")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    names = label(
        axes, [(f"network-{n}", point, {"fontsize": 9}) for n, point in enumerate(points)]
    )
    assert [name.get_text() for name in names] == [f"network-{n}" for n in range(12)]
    figure.draw_without_rendering()
    boxes = [box_of(name) for name in names]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    pixels = axes.transData.transform(points)
    assert not any(box.contains(x, y) for box in boxes for x, y in pixels)
