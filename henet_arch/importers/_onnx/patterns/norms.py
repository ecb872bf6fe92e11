"""Norms that are spelled out: layer norm, group norm."""

from __future__ import annotations

from ..constant import Constant
from ..network import Missing, Op, Value
from ..rewriting import close, number, sides, sole
from ..shapes.products import reduced_axes


def layer_norm(op: Op) -> Op | None:
    """(x - mean) / sqrt(mean((x - mean)^2) + eps), with a weight and a bias or without."""
    if op.kind != "Div" or op.domain or len(op.inputs) != 2:
        return None
    root = sole(op.value(1), "Sqrt")
    total = sole(root.value(0), "Add") if root else None
    pair = sides(total) if total else None
    eps = number(pair[1]) if pair else None
    variance = sole(pair[0], "ReduceMean") if pair else None
    centred = op.value(0).producer
    if eps is None or variance is None or centred is None or centred.kind != "Sub":
        return None
    if not _is_square(variance.value(0), op.value(0)) or centred.output.users > 3:
        return None
    x = centred.value(0)
    mean = centred.value(1).producer
    if mean is None or mean.kind != "ReduceMean" or mean.value(0) is not x:
        return None
    axis = _channels(mean)
    if axis is None or axis != _channels(variance):
        return None
    return _normalised(op, x, axis, eps, (None, None))


def _is_square(value: Value, wanted: Value) -> bool:
    op = sole(value)
    if op is None or op.value(0) is not wanted:
        return False
    if op.kind == "Mul":
        return op.value(1) is wanted
    return op.kind == "Pow" and close(number(op.value(1)), 2)


def _channels(mean: Op) -> int | None:
    """The axis of a mean along one: the last, or the second of several."""
    try:
        axes = reduced_axes(mean)
    except Missing:
        return None
    rank = mean.value(0).rank
    if len(axes) != 1 or not mean.integer("keepdims", 1):
        return None
    axis = axes.pop()
    return axis if axis in (1, rank - 1) else None


def _normalised(
    op: Op, x: Value, axis: int, eps: float, affine: tuple[Value | None, Value | None]
) -> Op:
    """A layer norm along one axis, whatever the axes behind it are."""
    attributes = {"axis": axis, "epsilon": eps, "along": 1}
    return Op("LayerNormalization", (x, *affine), op.outputs, op.place, attributes, "", 17)


def affine_layer_norm(op: Op) -> Op | None:
    """A layer norm without weights, times a weight or plus a bias."""
    pair = None if op.domain or op.kind not in ("Mul", "Add") else sides(op)
    norm = sole(pair[0], "LayerNormalization") if pair else None
    if pair is None or norm is None or not norm.integer("along"):
        return None
    constant = pair[1].constant
    axis = norm.integer("axis")
    size = norm.shape()[axis]
    if constant is None or not is_along(constant, axis - norm.value(0).rank, size):
        return None
    weight, bias = (*norm.inputs[1:], None, None)[:2]
    if bias is not None or (op.kind == "Mul" and weight is not None):
        return None
    vector = Value(pair[1].name, (size,), constant.type, constant.reshaped(size))
    affine = (vector, None) if op.kind == "Mul" else (weight, vector)
    if affine[0] is None:
        return None
    eps = norm.real("epsilon", 1e-5)
    made = _normalised(op, norm.value(0), axis, eps, affine)
    made.place = norm.place
    return made


def is_along(constant: Constant, axis: int, size: int) -> bool:
    """Whether a constant has `size` elements along an axis, counted from the end, and no others."""
    shape = constant.shape
    return len(shape) >= -axis and shape[axis] == size and constant.count == size


def group_norm(op: Op) -> Op | None:
    """Groups reshaped to channels, an instance norm of them, and the shape again."""
    norm = sole(op.value(0), "InstanceNormalization") if _reshapes(op) else None
    before = sole(norm.value(0), "Reshape") if norm else None
    if norm is None or before is None or before.value(0).shape != op.output.shape:
        return None
    x = before.value(0)
    grouped = before.output.shape or ()
    if x.rank < 3 or len(grouped) != 3 or grouped[0] != (x.shape or ())[0]:
        return None
    if not close(number(norm.value(1)), 1) or number(norm.value(2)) != 0:
        return None
    attributes = {"num_groups": grouped[1], "epsilon": norm.real("epsilon", 1e-5)}
    return Op("GroupNormalization", (x,), op.outputs, norm.place, attributes, "", 21)


def _reshapes(op: Op) -> bool:
    return op.kind == "Reshape" and not op.domain


def affine_group_norm(op: Op) -> Op | None:
    """A group norm without weights, times a weight for each channel and plus a bias."""
    pair = sides(op) if op.kind == "Add" and not op.domain else None
    product = sole(pair[0], "Mul") if pair else None
    inner = sides(product) if product else None
    norm = sole(inner[0], "GroupNormalization") if inner else None
    if pair is None or inner is None or norm is None or len(norm.inputs) > 1:
        return None
    affine = []
    for value in (inner[1], pair[1]):
        constant, rank, channels = value.constant, norm.value(0).rank, norm.shape()[1]
        if constant is None or not is_along(constant, 1 - rank, channels):
            return None
        affine.append(Value(value.name, (channels,), value.type, constant.reshaped(channels)))
    inputs = (norm.value(0), *affine)
    return Op("GroupNormalization", inputs, op.outputs, norm.place, norm.attributes, "", 21)


def response_norm(op: Op) -> Op | None:
    """x / (k + alpha * the mean of squares of the channels around) ** beta."""
    power = sole(op.value(1), "Pow") if op.kind == "Div" and not op.domain else None
    total = sole(power.value(0), "Affine") if power else None  # which is what it has become
    means = sole(total.value(0), "Reshape") if total else None
    size = _window(means, op.value(0)) if means else None
    beta = number(power.value(1)) if power else None
    if total is None or size is None or beta is None:
        return None
    numbers = {"alpha": total.real("scale"), "beta": beta, "bias": total.real("shift")}
    attributes = {**numbers, "size": size, "before": size // 2}
    return Op("LRN", (op.value(0),), op.outputs, op.place, attributes, "", 13)


def _window(means: Op, x: Value) -> int | None:
    """How many channels of the squares of `x` each mean is of."""
    pool = sole(means.value(0), "AveragePool")
    flat = sole(pool.value(0), "Reshape") if pool else None
    square = sole(flat.value(0), "Mul") if flat else None
    if pool is None or flat is None or square is None or x.rank != 4:
        return None
    count, channels, height, width = x.shape or ()
    kernel = pool.integers("kernel_shape") or (0, 0)
    size = kernel[0]
    fits = (
        square.inputs == (x, x)
        and flat.output.shape == (count, 1, channels, height * width)
        and means.output.shape == x.shape
        and kernel == (size, 1)
        and set(pool.integers("strides") or (1,)) == {1}
        and pool.integers("pads") == (size // 2, 0, (size - 1) // 2, 0)
        and pool.integer("count_include_pad")
    )
    return size if fits else None


REWRITES = (layer_norm, affine_layer_norm, group_norm, affine_group_norm, response_norm)
