"""Padding that stands before a layer which can pad by itself."""

from __future__ import annotations

from typing import Any

from ...ir.attributes import by_side
from ...ir.dims import Padding
from ...support.errors import ShapeError
from .site import Site
from .trace import Operation
from .values import Value

Amounts = dict[int, tuple[int, int]]
PADS = ("pad", "constant_pad_nd")
"""What pads, with a constant if nothing else is said."""


def with_padding(
    site: Site, argument: str, padding: Any, filling: float = 0.0
) -> tuple[Padding, Value]:
    """A layer's padding together with that of an input which was padded for it alone.

    Args:
        site: The layer's place.
        argument: Its input.
        padding: Its own padding, as PyTorch has it.
        filling: What the layer pads with.

    Returns:
        The padding and the input before it.

    Raises:
        ShapeError: it is no padding of a map.
    """
    value = site.value(argument)
    if isinstance(padding, str):
        return padding, value  # type: ignore[return-value]
    own = _sides(padding)
    name = site.operation[argument].name
    maker = site.makers.get(name)
    if maker is None or not _pads_with(maker, filling) or len(site.readers(name)) != 1:
        return by_side(*own), value
    before = site.padded[name]
    if not isinstance(before, Value):
        return by_side(*own), value
    amounts = padded(maker, before)
    if amounts is None or 0 in amounts or any(min(sides) < 0 for sides in amounts.values()):
        return by_side(*own), value
    more = (*amounts.get(1, (0, 0)), *amounts.get(2, (0, 0)))
    above, below, left, right = (a + b for a, b in zip(own, more, strict=True))
    return by_side(above, below, left, right), before


def padded(operation: Operation, value: Value) -> Amounts | None:
    """How much is before and after each axis of the map that is padded."""
    given = operation["pad"] or operation["padding"]
    if not isinstance(given, list) or not all(isinstance(size, int) for size in given):
        return None
    result: Amounts = {}
    for index in range(len(given) // 2):
        before, after = given[2 * index : 2 * index + 2]
        if (before, after) == (0, 0):
            continue
        axis = value.axis_of(-1 - index) if index < len(value.sizes) else None
        if axis is None or len(value.draft.shape) != 3:
            return None
        result[axis] = (before, after)
    return result


def _pads_with(operation: Operation, filling: float) -> bool:
    is_constant = operation.word in PADS and operation["mode"] in (None, "constant")
    return is_constant and float(operation["value"] or 0) == filling


def _sides(padding: Any) -> tuple[int, int, int, int]:
    items = padding if isinstance(padding, list) else [padding]
    if len(items) not in (1, 2) or not all(isinstance(item, int) for item in items):
        raise ShapeError(f"{padding!r:.99} is no padding")
    return (items[0], items[0], items[-1], items[-1])
