"""Names beside points, none on another name or point."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...support.optional import need

_SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1))
_BETWEEN = ((1, 0.5), (-1, 0.5), (1, -0.5), (-1, -0.5), (0.5, 1), (-0.5, 1), (0.5, -1), (-0.5, -1))
_DISTANCES = (8, 18, 30, 44, 60, 80, 105, 135)
"""Points between a name and what it names."""
_GROUND = {"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.5}
"""Behind a name, so that it can be read on a line. An outline would make paths of it in SVG."""
_POINT = 5
"""Pixels from the middle of a point to its edge."""


def label(
    axes: Any, names: Iterable[tuple[str, tuple[float, float], Mapping[str, Any]]]
) -> list[Any]:
    """Write each name where it covers no other, no point and no legend, within the axes.

    Args:
        axes: Whose limits and scales are set.
        names: Each with the point that it names, and how it is written.
    """
    axes.figure.draw_without_rendering()  # which decides where the axes are
    placed: list[Any] = []
    taken = _taken(axes)
    for name, point, style in names:
        texts = (_text(axes, name, point, style, place) for place in _places())
        for text in texts:
            if _is_free(axes, text, taken):
                break
            text.remove()
        else:  # there is no room: where it hides the least
            text = _text(axes, name, point, style, (1, 0, _DISTANCES[0]))
        placed.append(text)
        taken.append(box_of(text))
    return placed


def box_of(name: Any) -> Any:
    """The box of a name in pixels, without the line to its point."""
    name.get_window_extent()  # which puts it where it belongs
    return need("matplotlib.text", "train").Text.get_window_extent(name)


def _taken(axes: Any) -> list[Any]:
    """The boxes of all points, and of the legend."""
    bbox = need("matplotlib.transforms", "train").Bbox
    points = (line.get_transform().transform(line.get_xydata()) for line in axes.lines)
    legend = axes.get_legend()
    return [
        *(
            bbox.from_bounds(x - _POINT, y - _POINT, 2 * _POINT, 2 * _POINT)
            for some in points
            for x, y in some
        ),
        *([legend.get_window_extent()] if legend else []),
    ]


def _places() -> Iterator[tuple[float, float, int]]:
    """From the nearest on: beside, above and below, across, and between those."""
    return ((across, up, far) for far in _DISTANCES for across, up in (*_SIDES, *_BETWEEN))


def _text(
    axes: Any,
    name: str,
    point: tuple[float, float],
    style: Mapping[str, Any],
    place: tuple[float, float, int],
) -> Any:
    across, up, far = place
    line = (
        {"arrowstyle": "-", "linewidth": 0.6, "color": "#888888"} if far > _DISTANCES[0] else None
    )
    return axes.annotate(
        name,
        point,
        (across * far, up * far),
        textcoords="offset points",
        ha="center" if not across else "left" if across > 0 else "right",
        va="center" if not up else "bottom" if up > 0 else "top",
        arrowprops=line,
        bbox=_GROUND,
        **style,
    )


def _is_free(axes: Any, text: Any, taken: list[Any]) -> bool:
    box, room = box_of(text), axes.get_window_extent()
    inside = room.x0 <= box.x0 and box.x1 <= room.x1 and room.y0 <= box.y0 and box.y1 <= room.y1
    return inside and not any(map(box.overlaps, taken))
