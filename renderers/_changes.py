"""What a page of two networks says of their difference: layer by layer, as `diff` matches them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..analyzers.report import Report
from ..comparison.diff import diff
from ..comparison.matching import Match, Status
from ..comparison.words import told

COLOURS = {
    "light": {"added": "#00785a", "removed": "#b3400a", "changed": "#8a3f7d"},
    "dark": {"added": "#3fd0a5", "removed": "#ff9466", "changed": "#e9a3d0"},
}
"""The colours of marks, which lines and signs tell apart too."""

_MARKS: dict[Status, str] = {"only-a": "removed", "only-b": "added", "changed": "changed"}


@dataclass(frozen=True)
class Change:
    """What became of one layer."""

    mark: str = ""
    """`removed`, `added` or `changed`; nothing where it is equal, or has another name."""
    text: str = ""
    twin: int | None = None
    """The place of its counterpart, counted over the layers of both networks."""


@dataclass(frozen=True)
class Changes:
    """The changes of all layers of both networks, those of A first."""

    layers: tuple[Change, ...]
    order: tuple[int, ...]
    """The layers in `diff`'s order: counterparts beside each other."""


def changes(a: Report, b: Report) -> Changes:
    """Each layer of both with its mark and its counterpart."""
    result = [Change()] * (len(a.layers) + len(b.layers))
    order: list[int] = []
    places = (_places(a, 0), _places(b, len(a.layers)))
    for match in diff(a, b).layers:
        pair = _pair(match, places)
        for at, twin in zip(pair, reversed(pair), strict=True):
            if at is not None:
                result[at] = Change(_MARKS.get(match.status, ""), _text(match), twin)
                order.append(at)
    return Changes(tuple(result), tuple(order))


def _text(match: Match) -> str:
    """What `diff` says of the layer, without what its row says anyway."""
    if match.a is None or match.b is None:
        return f"only in {'A' if match.a else 'B'}"
    return told(match).replace("->", "\N{RIGHTWARDS ARROW}")


def _places(report: Report, start: int) -> dict[str, int]:
    return {layer.node.name: start + at for at, layer in enumerate(report.layers)}


def _pair(match: Match, places: Sequence[dict[str, int]]) -> tuple[int | None, int | None]:
    a, b = (
        own[part.layers[0].name] if part else None
        for part, own in zip((match.a, match.b), places, strict=True)
    )
    return a, b
