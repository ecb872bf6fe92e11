"""Which parts of two sequences stand for each other: the best alignment that keeps their order.

A pair is worth the square of what the two have in common, so that one equal pair outweighs several
poor ones; between alignments that are worth the same, the one with more equal labels is better. A
number in a label therefore counts for little: a block that is put in front shifts no other.
The sequences' roles can be exchanged, and the same parts are paired.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from struct import unpack

from .parts import Features, Part

Pairs = list[tuple[Part | None, Part | None]]

MOST_CELLS = 4_000_000
"""The largest table that is filled whole, for the best alignment of all."""
PIECE_CELLS = 62_500
"""The largest table of a piece; longer sequences are cut into pieces where they meet."""
_WHOLE = 1000
_LABEL = 100
"""What equal labels add for parts that are not equal."""
_LEAST = 333
"""What parts with different labels have in common at least, of `_WHOLE`."""


def align(a: Sequence[Part], b: Sequence[Part]) -> Pairs:
    """All parts of both in order, each with its counterpart or with None.

    The best alignment where its table has at most `MOST_CELLS` cells. Else the sequences are cut
    into pieces, at labels that both have near their middles, and each piece is aligned best.
    """
    return _align(a, b, MOST_CELLS)


def _align(a: Sequence[Part], b: Sequence[Part], most: int) -> Pairs:
    """As `align`, with tables of at most `most` cells."""
    start = _agreeing(zip(a, b, strict=False))
    a_rest, b_rest = a[start:], b[start:]
    end = _agreeing(zip(reversed(a_rest), reversed(b_rest), strict=False))
    a_middle, b_middle = a_rest[: len(a_rest) - end], b_rest[: len(b_rest) - end]
    return [
        *zip(a[:start], b[:start], strict=True),
        *_aligned(a_middle, b_middle, most),
        *zip(a[len(a) - end :], b[len(b) - end :], strict=True),
    ]


def _agreeing(pairs: Iterable[tuple[Part, Part]]) -> int:
    """How many pairs from the first on are the best that either part could have."""
    count = 0
    for a, b in pairs:
        if a.label != b.label or a.features != b.features:
            break
        count += 1
    return count


def _aligned(a: Sequence[Part], b: Sequence[Part], most: int) -> Pairs:
    if not a or not b:
        return _apart(a, b)
    if len(a) * len(b) <= most:
        return _best(a, b)
    i, j = _cut(a, b)
    return [*_align(a[:i], b[:j], PIECE_CELLS), *_align(a[i:], b[j:], PIECE_CELLS)]


def _apart(a: Iterable[Part], b: Iterable[Part]) -> Pairs:
    return [*((part, None) for part in a), *((None, part) for part in b)]


def _cut(a: Sequence[Part], b: Sequence[Part]) -> tuple[int, int]:
    """The equal labels nearest to the middle of both; the middles where there are none."""
    a_places, b_places = _inner(a), _inner(b)
    near = [
        (abs(2 * i - len(a)) * len(b) + abs(2 * b_places[label] - len(b)) * len(a), label)
        for label, i in a_places.items()
        if label in b_places
    ]
    if not near:
        return len(a) // 2, len(b) // 2
    _, label = min(near)
    return a_places[label], b_places[label]


def _inner(parts: Sequence[Part]) -> dict[str, int]:
    """Where each label stands in the middle half; a cut at the start would be none."""
    quarter = len(parts) // 4
    return {parts[place].label: place for place in range(max(1, quarter), len(parts) - quarter)}


def _best(a: Sequence[Part], b: Sequence[Part]) -> Pairs:
    worths = _worths(a, b)
    totals = _totals(worths, len(b))
    result: Pairs = []
    i = j = first_a = first_b = 0
    while i < len(a) and j < len(b):
        ahead, over_a, over_b = (totals[k][len(b) - n] for k, n in ((i, j), (i + 1, j), (i, j + 1)))
        worth = worths[i][j]
        if worth and worth + totals[i + 1][len(b) - j - 1] == ahead:
            result += [*_apart(a[first_a:i], b[first_b:j]), (a[i], b[j])]
            i, j = i + 1, j + 1
            first_a, first_b = i, j
        elif over_a > over_b or (over_a == over_b and a[i].precedes(b[j])):
            i += 1
        else:
            j += 1
    return result + _apart(a[first_a:], b[first_b:])


def _totals(worths: Sequence[Sequence[int]], width: int) -> list[array[int]]:
    """What the best alignment of a[i:] with b[j:] is worth, at [i][width - j]."""
    below = [0] * (width + 1)
    result = [array("q", below)]
    for row in reversed(worths):
        best = 0
        totals = [0]
        for worth, beyond, under in zip(reversed(row), below, below[1:], strict=False):
            if under > best:
                best = under
            if worth + beyond > best:
                best = worth + beyond
            totals.append(best)
        result.append(array("q", totals))
        below = totals
    result.reverse()
    return result


def _worths(a: Sequence[Part], b: Sequence[Part]) -> list[array[int]]:
    """What each pair is worth; nothing for one that cannot be."""
    scale = min(len(a), len(b)) + 1  # all equal labels together weigh less than any feature
    sizes = [len(part.features) for part in b]
    lanes = _lanes(b)
    places: dict[str, list[int]] = {}
    for place, part in enumerate(b):
        places.setdefault(part.label, []).append(place)
    worths: dict[Features, list[int]] = {}
    items = []
    for part in a:
        if part.features not in worths:
            worths[part.features] = _common(part.features, lanes, sizes)
        common = worths[part.features]
        row = [scale * much * much if much >= _LEAST else 0 for much in common]
        for place in places.get(part.label, ()):
            row[place] = scale * min(common[place] + _LABEL, _WHOLE) ** 2 + 1
        items.append(array("q", row))
    return items


def _lanes(parts: Iterable[Part]) -> dict[int, int]:
    """For each feature a number that has 32 bits for each part: 1 where the part has it."""
    result: dict[int, int] = {}
    for place, part in enumerate(parts):
        one = 1 << 32 * place
        for feature in part.features:
            result[feature] = result.get(feature, 0) | one
    return result


def _common(features: Features, lanes: Mapping[int, int], sizes: Sequence[int]) -> list[int]:
    """How much of both the features and those of each part is common to both, of `_WHOLE`.

    The sum of the features' lanes counts them for all parts at once.
    """
    counted = sum(lanes.get(feature, 0) for feature in features)
    counts = unpack(f"<{len(sizes)}I", counted.to_bytes(4 * len(sizes), "little"))
    return [
        2 * _WHOLE * count // (len(features) + size)
        for count, size in zip(counts, sizes, strict=True)
    ]
