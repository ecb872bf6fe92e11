"""Which stages of two networks stand beside each other: those that `diff` matches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...comparison.matching import match
from ...comparison.side import side
from ...views.diagram import Diagram


@dataclass(frozen=True)
class Lines:
    """The rows of one network that others' rows stand beside.

    Attributes:
        starts: the row that begins with a stage, by the stage's key.
        tops: where each row begins across; None where rows follow one another.
    """

    starts: Mapping[str, int]
    tops: Sequence[float] | None = None


def aligned(diagrams: Sequence[Diagram]) -> tuple[Lines, ...]:
    """The lines of two networks, each stage's counterpart in the same row."""
    pairs = match(*(side(diagram.report) for diagram in diagrams))
    keys = [{child.part.name: child.key for child in d.whole.children} for d in diagrams]
    starts: tuple[dict[str, int], dict[str, int]] = ({}, {})
    for row, pair in enumerate(pairs):
        for part, own, known in zip((pair.a, pair.b), starts, keys, strict=True):
            if part and part.name in known:
                own[known[part.name]] = row
    return tuple(map(Lines, starts))
