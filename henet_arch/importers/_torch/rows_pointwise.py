"""Functions of single elements."""

from __future__ import annotations

from math import isfinite
from typing import Any

from ...ir.functions import FUNCTIONS
from ...ir.layer import Layer
from ...ir.layers import Dropout, Elementwise, PReLU, Softmax
from .constants import Constant, number, reshaped
from .site import Results, Site
from .values import Value

SELF = "self"


def on_each(site: Site, layer: Layer, value: Value) -> Value:
    """An elementwise layer on a value, in whatever form it is seen."""
    return site.result(site.draft(layer, value.draft), value.axes)


def function(site: Site) -> Results:
    """A function of one name in PyTorch and here, with parameters of the same names."""
    word = site.operation.word
    settings = tuple(site[name] for name in FUNCTIONS[word].parameters)
    if not all(isinstance(setting, int | float) for setting in settings):
        return None
    return on_each(site, Elementwise(word, settings), site.value(SELF))


def elu(site: Site) -> Results:
    if site["scale"] not in (None, 1) or site["input_scale"] not in (None, 1):
        return None
    return on_each(site, Elementwise("elu", (site["alpha"],)), site.value(SELF))


def gelu(site: Site) -> Results:
    name = {"none": "gelu", "tanh": "gelu_tanh"}.get(site["approximate"] or "none")
    return on_each(site, Elementwise(name), site.value(SELF)) if name else None


def hardtanh(site: Site) -> Results:
    return _between(site, site["min_val"], site["max_val"])


def clamp(site: Site) -> Results:
    return _between(site, site["min"], site["max"])


def _between(site: Site, low: Any, high: Any) -> Results:
    if low == 0 and high is None:
        return on_each(site, Elementwise("relu"), site.value(SELF))
    if low == 0 and high == 6:
        return on_each(site, Elementwise("relu6"), site.value(SELF))
    if all(isinstance(bound, int | float) and isfinite(bound) for bound in (low, high)):
        return on_each(site, Elementwise("clip", (low, high)), site.value(SELF))
    return None


def negative(site: Site) -> Results:
    return affine(site, site.value(SELF), -1.0, 0.0)


def power(site: Site) -> Results:
    exponent = _number(site.given("exponent"))
    if exponent is None or not isinstance(site.given(SELF), Value):
        return None
    named = {2.0: "square", 0.5: "sqrt", -1.0: "reciprocal"}.get(exponent)
    layer = Elementwise(named) if named else Elementwise("power", (exponent,))
    return on_each(site, layer, site.value(SELF))


def rsqrt(site: Site) -> Results:
    return on_each(site, Elementwise("power", (-0.5,)), site.value(SELF))


def affine(site: Site, value: Value, scale: float, shift: float) -> Results:
    """A factor and a shift for all elements; nothing where they change nothing."""
    if (scale, shift) == (1, 0):
        return value
    if not (isfinite(scale) and isfinite(shift)):
        return None
    return on_each(site, Elementwise("affine", (scale, shift)), value)


def _number(item: Any) -> float | None:
    if isinstance(item, Constant):
        return number(item)
    return float(item) if isinstance(item, int | float) else None


def dropout(site: Site) -> Results:
    value = site.value(SELF if site["input"] is None else "input")  # in place it is called so
    if not site["p"]:
        return value
    return on_each(site, Dropout(site["p"]), value)


def prelu(site: Site) -> Results:
    value, weight = site.value(SELF), site.constant("weight")
    if weight is None:
        return None
    if weight.elements != 1 and value.axis_of(1) != 0:
        return None
    held = {"weight": reshaped(weight, (weight.elements,))}
    draft = site.draft(PReLU(weight.elements), value.draft, weights=held)
    return site.result(draft, value.axes)


def softmax(site: Site) -> Results:
    value = site.value(SELF)
    if len(value.axes) == 1 and value.is_regular:
        value = site.as_map(value, 1)
    if site["dtype"] is not None or value.axis_of(site["dim"]) != 0:
        return None
    return on_each(site, Softmax(), value)
