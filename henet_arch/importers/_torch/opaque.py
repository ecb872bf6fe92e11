"""Opaque layers, for what no kind of layer describes."""

from __future__ import annotations

from collections.abc import Callable

from ...ir.dims import Cost
from ...ir.layer import Layer
from ...ir.layers import Flatten, Opaque, Unflatten
from .constants import Constant
from .costs import cost_of
from .site import Known, Site
from .trace import Operation
from .values import Draft, Value, per_image, plain


def opaque(site: Site) -> list[Known]:
    """The results of an operation as those of an opaque layer.

    Where it has several, the others read the first.
    """
    operation = site.operation
    items = [site.known[name] for name in operation.reads]
    inputs = [site.materialised(v, operation) for v in items if isinstance(v, Value)]
    reads = tuple(item for item in items if isinstance(item, Constant))
    cost = cost_of(operation, site.known)
    first = _value(_layer(operation, operation.operator, inputs, 0, cost, reads), operation, 0)
    return [
        first,
        *(
            _value(_layer(operation, "getitem", [first.draft], index, (), ()), operation, index)
            for index in range(1, len(operation.results))
        ),
    ]


def kept(site: Site, value: Value, constant: Constant, cost: Cost) -> Value:
    """An elementwise operation with a constant that is no channel's factor or shift.

    The map keeps the form in which it is seen.
    """
    draft = _layer_on(site.operation, value.draft, cost, (constant,))
    return site.result(draft, value.axes)


def rearranged(value: Value, reader: Operation | None) -> Draft:
    """The layer that gives a map as operators see it.

    Args:
        value: The map.
        reader: What needs it so, where no operation is known that sees it so.
    """
    operation = value.by or reader
    draft = value.draft
    seen = [axis for group in value.axes for axis in group if draft.shape[axis] != 1]
    in_order = seen == sorted(seen)
    rank = len(value.axes)
    layer: Layer
    if in_order and rank == 1:
        layer = Flatten()
    elif in_order and len(draft.shape) == 1 and value.shape == (*draft.shape, 1, 1):
        layer = Unflatten()
    else:
        word = "aten.reshape" if in_order else "aten.permute"
        layer = Opaque(word, (draft.shape,), value.shape, (), ())
    return Draft(layer, (draft,), value.shape, draft.type, operation)


def unknown(
    operation: Operation,
    item: Known,
    result: Known,
    materialised: Callable[[Value, Operation | None], Draft],
) -> Value:
    """What a value is after a part of it was changed in place.

    Args:
        operation: What changed it.
        item: The value before.
        result: What the operation gave.
        materialised: The layer that gives a value as it is seen.
    """
    drafts = [materialised(v, operation) for v in (item, result) if isinstance(v, Value)]
    reads = tuple(v for v in (item, result) if isinstance(v, Constant))
    sizes = item.sizes if isinstance(item, Value) else item.shape
    shape = per_image(sizes)
    layer = Opaque(operation.operator, tuple(d.shape for d in drafts), shape, (), None)
    draft = Draft(layer, tuple(drafts), shape, operation.types[0], operation, reads=reads)
    return Value(draft, plain(len(shape)), sizes)


def _layer(
    operation: Operation,
    title: str,
    inputs: list[Draft],
    index: int,
    cost: Cost,
    reads: tuple[Constant, ...],
) -> Draft:
    shape = per_image(operation.sizes[index])
    layer = Opaque(title, tuple(draft.shape for draft in inputs), shape, (), cost)
    return Draft(layer, tuple(inputs), shape, operation.types[index], operation, reads=reads)


def _layer_on(operation: Operation, draft: Draft, cost: Cost, reads: tuple[Constant, ...]) -> Draft:
    layer = Opaque(operation.operator, (draft.shape,), draft.shape, (), cost)
    return Draft(layer, (draft,), draft.shape, operation.types[0], operation, reads=reads)


def _value(draft: Draft, operation: Operation, index: int) -> Value:
    return Value(draft, plain(len(draft.shape)), operation.sizes[index])
