"""Maps that were changed in place, whole or in part."""

from __future__ import annotations

from dataclasses import replace

from ...ir.layers import Concat, SliceChannels
from .trace import Operation
from .values import Draft, Value


def changed(operation: Operation, item: Value, before: Value, result: Value) -> Value | None:
    """A map as it is after all of it, or some channels in a row, were changed.

    Channels that were changed lie between the others.

    Args:
        operation: What changed it.
        item: The map before.
        before: What was changed, as it was.
        result: The same as it is now.

    Returns:
        The map after it; None where something else of it was changed.
    """
    if result.axes != before.axes or result.draft.shape != before.draft.shape:
        return None
    whole, part = item.draft, before.draft.layer
    if whole is before.draft:
        return replace(item, draft=result.draft)
    if not isinstance(part, SliceChannels) or part.step != 1 or before.draft.inputs != (whole,):
        return None
    if item.axes != before.axes or result.draft.type != whole.type:
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
