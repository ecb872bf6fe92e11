"""Convolutions, linear layers and norms."""

from __future__ import annotations

from typing import Any

from ...ir.layer import Layer
from ...ir.layers import (
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    GroupNorm,
    LayerNorm,
    Linear,
)
from ...support.errors import ShapeError
from .constants import Constant, derived, reshaped
from .padding import with_padding
from .site import Results, Site
from .values import Value


def conv2d(site: Site) -> Results:
    weight = site.constant("weight")
    bias = site.constant("bias")
    if weight is None:
        return None
    padding, value = with_padding(site, "input", site["padding"])
    outputs, inputs, *kernel = weight.shape
    layer = Conv2d(
        inputs * site["groups"],
        outputs,
        tuple(kernel),  # type: ignore[arg-type]
        pair(site["stride"]),
        padding,
        pair(site["dilation"]),
        site["groups"],
        bias is not None,
    )
    draft = site.draft(layer, site.as_map(value).draft, weights=_held(weight, bias))
    return site.result(draft)


def conv_transpose2d(site: Site) -> Results:
    weight, bias = site.constant("weight"), site.constant("bias")
    if weight is None:
        return None
    inputs, outputs, *kernel = weight.shape
    layer = ConvTranspose2d(
        inputs,
        outputs * site["groups"],
        tuple(kernel),  # type: ignore[arg-type]
        pair(site["stride"]),
        pair(site["padding"]),
        pair(site["output_padding"]),
        pair(site["dilation"]),
        site["groups"],
        bias is not None,
    )
    draft = site.draft(layer, site.map("input").draft, weights=_held(weight, bias))
    return site.result(draft)


def linear(site: Site) -> Results:
    weight, bias = site.constant("weight"), site.constant("bias")
    return _linear(site, site.value("input"), weight, bias)


def addmm(site: Site) -> Results:
    """A linear layer spelled out: its factors stand the other way round."""
    if site["alpha"] not in (None, 1) or site["beta"] not in (None, 1):
        return None
    return _linear(site, site.value("mat1"), _turned(site.constant("mat2")), site.constant("self"))


def matmul(site: Site) -> Results:
    other = "mat2" if site.operation.word == "mm" else "other"
    return _linear(site, site.value("self"), _turned(site.constant(other)), None)


def _turned(weight: Constant | None) -> Constant | None:
    if weight is None or len(weight.shape) != 2:
        return None
    shape = weight.shape[::-1]
    return derived(weight, "transposed", shape, lambda value: value.t())


def _linear(site: Site, value: Value, weight: Constant | None, bias: Constant | None) -> Results:
    if weight is None or not value.is_regular or len(weight.shape) != 2:
        return None
    outputs, inputs = weight.shape
    if bias is not None and bias.shape != (outputs,):
        return None
    if len(value.axes) == 1:
        linear_layer = Linear(inputs, outputs, bias is not None)
        vector = site.as_map(value, 1).draft
        return site.result(site.draft(linear_layer, vector, weights=_held(weight, bias)))
    if value.axis_of(-1) != 0 or len(value.draft.shape) != 3:
        return None
    layer = Conv2d(inputs, outputs, (1, 1), bias=bias is not None)
    kernels = reshaped(weight, (outputs, inputs, 1, 1))
    return site.result(site.draft(layer, value.draft, weights=_held(kernels, bias)), value.axes)


def batch_norm(site: Site) -> Results:
    value = site.value("input")
    mean, variance = site.constant("running_mean"), site.constant("running_var")
    weight, bias = site.constant("weight"), site.constant("bias")
    if site["training"] or mean is None or variance is None or (weight is None) != (bias is None):
        return None
    kinds: dict[int, Any] = {1: BatchNorm1d, 3: BatchNorm2d}
    rank = len(value.axes)
    if rank not in kinds:
        return None
    momentum = site["momentum"] or None  # which PyTorch gives as 0 in inference
    layer = kinds[rank](mean.elements, site["eps"], momentum, weight is not None)
    weights = _held(weight, bias) | {"running_mean": mean, "running_var": variance}
    return site.result(site.draft(layer, site.as_map(value, rank).draft, weights=weights))


def layer_norm(site: Site) -> Results:
    value = site.value("input")
    weight, bias = site.constant("weight"), site.constant("bias")
    sizes = site["normalized_shape"]
    if len(value.axes) == 1 and value.is_regular:
        value = site.as_map(value, 1)
    if len(sizes) != 1 or value.axis_of(-1) != 0 or (weight is None and bias is not None):
        return None
    layer = LayerNorm(sizes[0], site["eps"], weight is not None, bias is not None)
    return _same(site, layer, value, _held(weight, bias))


def group_norm(site: Site) -> Results:
    value = site.map("input")
    weight, bias = site.constant("weight"), site.constant("bias")
    return _group_norm(site, value, site["num_groups"], weight, bias)


def instance_norm(site: Site) -> Results:
    value = site.map("input")
    weight, bias = site.constant("weight"), site.constant("bias")
    if not site["use_input_stats"]:
        return None
    return _group_norm(site, value, value.draft.shape[0], weight, bias)


def _group_norm(
    site: Site, value: Value, groups: int, weight: Constant | None, bias: Constant | None
) -> Results:
    if (weight is None) != (bias is None):
        return None
    layer = GroupNorm(groups, value.draft.shape[0], site["eps"], weight is not None)
    return _same(site, layer, value, _held(weight, bias))


def _same(site: Site, layer: Layer, value: Value, weights: dict[str, Constant]) -> Value:
    return site.result(site.draft(layer, value.draft, weights=weights), value.axes)


def _held(weight: Constant | None, bias: Constant | None) -> dict[str, Constant]:
    held = {"weight": weight, "bias": bias}
    return {name: constant for name, constant in held.items() if constant is not None}


def pair(given: Any) -> tuple[int, int]:
    """Numbers for height and width, where one may stand for both.

    Raises:
        ShapeError: they are no plain numbers.
    """
    items = given if isinstance(given, list) else [given]
    if len(items) not in (1, 2) or not all(isinstance(item, int) for item in items):
        raise ShapeError(f"{given!r:.99} is no pair")
    return (items[0], items[-1])
