"""Sums, products and the like of several values, or of values with constants."""

from __future__ import annotations

from typing import Any

from ...ir.layer import Layer
from ...ir.layers import Add, Concat, Divide, Maximum, Minimum, Multiply, Scale, Subtract
from ..opaque_costs import ELEMENTWISE, cost
from .constants import Constant, derived, number, reshaped
from .opaque import kept
from .rows_pointwise import affine
from .site import Results, Site
from .trace import Ref
from .values import Value


def add(site: Site) -> Results:
    return _sum(site, site.given("self"), site.given("other"), _alpha(site))


def subtract(site: Site) -> Results:
    return _sum(site, site.given("self"), site.given("other"), -_alpha(site))


def subtract_from(site: Site) -> Results:
    """`rsub`: the second less the first."""
    if _alpha(site) != 1:
        return None
    return _sum(site, site.given("other"), site.given("self"), -1)


def _alpha(site: Site) -> float:
    alpha = site["alpha"]
    return 1.0 if alpha is None else float(alpha)


def _sum(site: Site, first: Any, second: Any, times: float) -> Results:
    if isinstance(first, Value) and isinstance(second, Value):
        if times not in (1, -1):
            return None
        return _joined(site, Add() if times == 1 else Subtract(), first, second)
    if isinstance(first, Value):
        return _with_constant(site, first, second, 1.0, times)
    return _with_constant(site, second, first, times, 1.0)


def _with_constant(site: Site, value: Value, item: Any, scale: float, times: float) -> Results:
    """`scale * value + times * item`."""
    plain_number = _plain(site, item)
    if plain_number is not None:
        return affine(site, value, scale, times * plain_number)
    if (scale, times) == (1, 1) and isinstance(item, Constant):
        return _scaled(site, value, item, "bias") or _kept(site, value, item, "add")
    if (scale, times) == (1, -1) and isinstance(item, Constant):
        negative = derived(item, "negative", item.shape, lambda shift: -shift)
        return _scaled(site, value, negative, "bias") or _kept(site, value, item, "sub")
    return None


def multiply(site: Site) -> Results:
    first, second = site.given("self"), site.given("other")
    if isinstance(first, Value) and isinstance(second, Value):
        return _joined(site, Multiply(), first, second)
    value, item = (first, second) if isinstance(first, Value) else (second, first)
    plain_number = _plain(site, item)
    if plain_number is not None:
        return affine(site, value, plain_number, 0.0)
    return _scaled(site, value, item, "weight") or _kept(site, value, item, "mul")


def multiply_add(site: Site) -> Results:
    """A learnt shift plus a learnt factor times a value; other forms are opaque."""
    shift, factor, value = site.given("self"), site.given("tensor1"), site.given("tensor2")
    if not isinstance(value, Value) or site["value"] not in (None, 1):
        return None
    scaled = _scaled(site, value, factor, "weight")
    layer = Scale(value.draft.shape[0], bias=False)
    if not isinstance(scaled, Value) or scaled.draft.layer != layer:
        return None
    moved = _scaled(site, value, shift, "bias")
    if not isinstance(moved, Value):
        return None
    weights = {**scaled.draft.weights, "bias": moved.draft.weights["bias"]}
    whole = site.draft(Scale(value.draft.shape[0]), value.draft, weights=weights)
    return site.result(whole, value.axes)


def divide(site: Site) -> Results:
    first, second = site.given("self"), site.given("other")
    if site["rounding_mode"] is not None:
        return None
    if isinstance(first, Value) and isinstance(second, Value):
        return _joined(site, Divide(), first, second)
    if not isinstance(first, Value):
        return None
    plain_number = _plain(site, second)
    if plain_number:
        return affine(site, first, 1 / plain_number, 0.0)
    if not isinstance(second, Constant):
        return None
    inverse = derived(second, "reciprocal", second.shape, lambda value: 1 / value)
    return _scaled(site, first, inverse, "weight") or _kept(site, first, second, "div")


def maximum(site: Site) -> Results:
    return _compared(site, Maximum())


def minimum(site: Site) -> Results:
    return _compared(site, Minimum())


def _compared(site: Site, layer: Layer) -> Results:
    first, second = site.given("self"), site.given("other")
    if isinstance(first, Value) and isinstance(second, Value):
        return _joined(site, layer, first, second)
    return None


def _joined(site: Site, layer: Layer, *values: Value) -> Results:
    """A join of values in one form, or as PyTorch sees them."""
    first = values[0]
    if (
        all(value.axes == first.axes for value in values)
        and len({len(v.sizes) for v in values}) == 1
    ):
        return site.result(site.draft(layer, *(value.draft for value in values)), first.axes)
    if any(value.is_regular != first.is_regular for value in values):
        return None
    drafts = [site.materialised(value, site.operation) for value in values]
    return site.result(site.draft(layer, *drafts))


def _plain(site: Site, item: Any) -> float | None:
    """A plain number; that of a tensor only where it is no parameter."""
    if isinstance(item, bool):
        return None
    if isinstance(item, int | float):
        return float(item)
    if isinstance(item, Constant) and not site.is_learnt(item):
        return number(item)
    return None


def _scaled(site: Site, value: Value, item: Any, key: str) -> Results:
    """A factor or a shift for each channel, or one learnt number for all of them."""
    if not isinstance(item, Constant) or not value.is_regular:
        return None
    rank = len(value.sizes)
    sizes = (1,) * (rank - len(item.shape)) + item.shape
    if len(sizes) != rank or len(site.operation.sizes[0]) != rank:
        return None
    channels = value.draft.shape[0]
    wide = [axis for axis, size in enumerate(sizes) if size != 1]
    if not wide:
        held = _repeated(item, channels)
    elif len(wide) == 1 and wide[0] and value.axis_of(wide[0]) == 0 and sizes[wide[0]] == channels:
        held = reshaped(item, (channels,))
    else:
        return None
    if merged := _merged(site, value, held, key):
        return merged
    layer = Scale(channels, weight=key == "weight", bias=key == "bias")
    return site.result(site.draft(layer, value.draft, weights={key: held}), value.axes)


def _merged(site: Site, value: Value, held: Constant, key: str) -> Results:
    """A shift together with the factor before it, where nothing else reads that."""
    before = value.draft
    names = [n for n in site.operation.reads if site.known[n] == value]
    if key != "bias" or before.layer != Scale(before.shape[0], bias=False) or len(names) != 1:
        return None
    if len(site.readers(names[0])) != 1:
        return None
    weights = {**before.weights, "bias": held}
    draft = site.draft(Scale(before.shape[0]), *before.inputs, weights=weights)
    return site.result(draft, value.axes)


def _repeated(item: Constant, channels: int) -> Constant:
    return derived(item, "repeated", (channels,), lambda value: value.reshape(1).expand(channels))


def _kept(site: Site, value: Value, item: Any, word: str) -> Results:
    """A constant that is no channel's: a position's, for one."""
    if not isinstance(item, Constant) or site.shape != value.shape or not value.is_regular:
        return None
    elements = 1
    for size in site.shape:
        elements *= size
    return kept(site, value, item, cost(ELEMENTWISE[word], elements))


def concat(site: Site) -> Results:
    items = [site.known[ref.name] for ref in site["tensors"] if isinstance(ref, Ref)]
    values = [item for item in items if isinstance(item, Value)]
    if len(values) != len(items):
        return None
    dim = site["dim"] or 0
    first = values[0]
    alike = all(len(v.draft.shape) == len(first.draft.shape) for v in values)
    if alike and all(v.axis_of(dim) == 0 and v.axes == first.axes for v in values):
        return site.result(site.draft(Concat(), *(v.draft for v in values)), first.axes)
    if not all(v.is_regular for v in values) or dim % len(first.sizes) != 1:
        return None
    drafts = [site.materialised(value, site.operation) for value in values]
    return site.result(site.draft(Concat(), *drafts))
