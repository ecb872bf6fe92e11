"""Names for what differs among the scopes of one block: `in_channels`, `groups`, ..."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

_WIDTHS = ("channels", "features")
_ORDER = ("in_", "channels", "features", "mid_", "out_")


class Occurrence(NamedTuple):
    """One place in a block where a value is used."""

    order: int
    """Which step it is."""
    step: str
    attribute: str
    enters: bool
    """Whether the step reads an input of the block."""


def parameter_names(uses: Sequence[Sequence[Occurrence]]) -> list[str]:
    """A name for each value, from the places where it is used; widths have the field's names.

    A width is `in_channels` where it meets the block's input, `out_channels` where it is the last
    that a layer makes, `channels` where it is both, and else `mid_channels`. Anything else is
    called as its attribute is. The step's name goes before a name that is not the only one.
    """
    last = max((place for places in uses for place in places if _leaves(place)), default=None)
    first = [places[0] for places in uses]
    plain = [_width(places, last) or places[0].attribute for places in uses]
    numberless = [f"{p.step.rstrip('0123456789')}_{p.attribute}" for p in first]
    full = [f"{p.step}_{p.attribute}" for p in first]
    numbered = [f"{name}_{index}" for index, name in enumerate(full)]
    names: list[str] = [""] * len(uses)
    for candidates in (plain, numberless, full, numbered):
        counts = Counter(name or other for name, other in zip(names, candidates, strict=True))
        for index, name in enumerate(candidates):
            if not names[index] and counts[name] == 1:
                names[index] = name
    return names


def rank(name: str) -> int:
    """Where a parameter stands in a signature: widths first, as data flows."""
    return next((i for i, start in enumerate(_ORDER) if name.startswith(start)), len(_ORDER))


def _leaves(place: Occurrence) -> bool:
    return place.attribute in _WIDTHS or place.attribute in ("out_channels", "out_features")


def _enters(place: Occurrence) -> bool:
    return place.enters and (
        place.attribute in _WIDTHS or place.attribute in ("in_channels", "in_features")
    )


def _width(places: Sequence[Occurrence], last: Occurrence | None) -> str:
    kinds = [place.attribute.rpartition("_")[2] for place in places]
    kind = next((kind for kind in kinds if kind in _WIDTHS), "")
    enters, leaves = any(map(_enters, places)), last in places
    if not kind or (enters and leaves):
        return kind
    return f"in_{kind}" if enters else f"out_{kind}" if leaves else f"mid_{kind}"
