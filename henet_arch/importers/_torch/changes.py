"""Maps of which a part was changed in place."""

from __future__ import annotations

from dataclasses import replace

from ...ir.layers import Concat, SliceChannels
from .trace import Operation
from .values import Draft, Value


def with_channels(operation: Operation, item: Value, before: Value, result: Value) -> Value | None:
    """A map some channels of which were changed: they lie between the others.

    Args:
        operation: What changed them.
        item: The map before.
        before: The channels before.
        result: The channels as they are now.

    Returns:
        The map after it; None where `before` is something else than channels in a row.
    """
    part = before.draft.layer
    if not isinstance(part, SliceChannels) or part.step != 1:
        return None
    if before.draft.inputs != (item.draft,) or not item.axes == before.axes == result.axes:
        return None
    whole = item.draft
    if result.draft.shape != before.draft.shape or result.draft.type != whole.type:
        return None
    head = _channels(operation, whole, 0, int(part.start))
    tail = _channels(operation, whole, int(part.stop), int(whole.shape[0]))
    pieces = (*head, result.draft, *tail)
    return replace(item, draft=Draft(Concat(), pieces, whole.shape, whole.type, operation))


def _channels(operation: Operation, whole: Draft, start: int, stop: int) -> list[Draft]:
    """Those channels of a map as a layer, where there are any."""
    if start == stop:
        return []
    shape = (stop - start, *whole.shape[1:])
    return [Draft(SliceChannels(start, stop), (whole,), shape, whole.type, operation)]
