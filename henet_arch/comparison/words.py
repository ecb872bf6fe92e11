"""What changed, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ..ir.dims import format_shape
from ..ir.scope import below, cut
from ..results.report_table import joined
from ..results.table import setting
from .matching import Changes, Match, Status
from .parts import Part

_FEW = 3
"""Layers whose changes are told one by one; more are only counted."""
_COUNTED: dict[Status, str] = {
    "changed": "changed", "renamed": "renamed", "only-a": "only in A", "only-b": "only in B",
}  # fmt: skip


def named(same: Sequence[Match]) -> str:
    """`block1-3`, or `block1-3 -> block2-4` where they are called otherwise in B."""
    sides = ([match.a for match in same if match.a], [match.b for match in same if match.b])
    names = (joined([part.label for part in parts]) for parts in sides if parts)
    return " -> ".join(dict.fromkeys(names))


def told(pair: Match) -> str:
    """What changed in a part itself, and not in the parts within it; nothing for nothing."""
    if pair.a is None or pair.b is None:
        side = "A" if pair.a else "B"
        return f"only in {side}: {_content(pair.sides[0])}"
    if pair.changes:
        return ", ".join(_changed(pair.changes, pair.a, pair.b))
    if pair.a.label != pair.b.label:
        return "renamed"
    return "" if pair.parts or pair.status != "changed" else "counted otherwise"


def summary(pair: Match) -> str:
    """What changed in a stage or block and in its layers."""
    if len(pair.sides) < 2:
        return told(pair)
    changed = [layer for layer in pair.layers if told(layer)]
    if len(changed) > _FEW:
        counts = Counter(layer.status for layer in changed)
        counted = (f"{counts[key]} {word}" for key, word in _COUNTED.items() if counts[key])
        return f"layers: {', '.join(counted)}"
    inside = [f"{_within(layer, pair)}{told(layer)}" for layer in changed]
    return "; ".join(inside) or told(pair)


def _content(part: Part) -> str:
    if len(part.layers) > 1:
        return f"{len(part.layers)} layers"
    return f"{part.layers[0].kind}, {format_shape(part.layers[0].shape)}"


def _within(layer: Match, around: Match) -> str:
    """The layer's name below the part around it, if it has one."""
    pairs = ((layer.a, around.a), (layer.b, around.b))
    names = (below(part.name, outer.name) for part, outer in pairs if part and outer)
    return "" if layer.name == around.name else f"{' -> '.join(dict.fromkeys(names))} "


def _changed(changes: Changes, a: Part, b: Part) -> Iterator[str]:
    for key, (old, new) in changes.items():
        if key == "inputs":
            yield f"reads {_reads(old, new, a.name, b.name)}"
        elif key == "input_shapes":
            if len(changes) == 1:  # else the others tell it
                yield f"input {_shapes(old)} -> {_shapes(new)}"
        elif key != "output_shape":
            yield f"{key.replace('_', ' ')} {setting(old)} -> {setting(new)}"
        elif changes.get("shape") != (old, new):  # an input's attribute
            yield f"output {format_shape(old)} -> {format_shape(new)}"


def _shapes(shapes: tuple[tuple[int, ...], ...]) -> str:
    return ", ".join(map(format_shape, shapes))


def _reads(old: tuple[str, ...], new: tuple[str, ...], a: str, b: str) -> str:
    """The operands that are others, by their names below the layer's own block or stage."""
    before, after = ([_below(a, name) for name in old], [_below(b, name) for name in new])
    if len(before) == len(after):
        other = [names for names in zip(before, after, strict=True) if names[0] != names[1]]
        before, after = [names[0] for names in other], [names[1] for names in other]
    return f"{', '.join(before or old)} -> {', '.join(after or new)}"


def _below(layer: str, operand: str) -> str:
    for depth in (2, 1):
        operand = below(operand, cut(layer, depth))
    return operand
