"""Activations that are spelled out: SiLU, hard swish, Mish, GELU."""

from __future__ import annotations

from math import pi, sqrt

from ..network import Missing, Op, Value
from ..rewriting import close, instead, number, sides, sole

_DEEPEST = 4
"""Products inside a product that are looked at."""


def hard_sigmoid(op: Op) -> Op | None:
    """clip(x + 3, 0, 6) / 6."""
    x = _divided(op, 6)
    inner = _clipped(sole(x))
    if inner is None:
        return None
    return instead(op, "HardSigmoid", inner, {"alpha": 1 / 6, "beta": 0.5})


def hard_swish(op: Op) -> Op | None:
    """x * clip(x + 3, 0, 6) / 6, in either order, and x * hard_sigmoid(x)."""
    x = _gated(op, "HardSigmoid")
    if x is not None and is_plain_hard_sigmoid(_gate(op, "HardSigmoid")):
        return instead(op, "HardSwish", x)
    product = sole(_divided(op, 6), "Mul")
    if product is None:
        return None
    for index in (0, 1):
        x = _clipped(sole(product.value(1 - index)))
        if x is not None and x is product.value(index):
            return instead(op, "HardSwish", x)
    return None


def is_plain_hard_sigmoid(op: Op | None) -> bool:
    """Whether it is PyTorch's, of slope 1/6."""
    if op is None:
        return False
    return close(op.real("alpha", 0.2), 1 / 6) and close(op.real("beta", 0.5), 0.5)


def silu(op: Op) -> Op | None:
    """x * sigmoid(x)."""
    x = _gated(op, "Sigmoid")
    return None if x is None else instead(op, "Swish", x)


def mish(op: Op) -> Op | None:
    """x * tanh(softplus(x))."""
    if op.kind != "Mul" or op.domain or len(op.inputs) != 2:
        return None
    for index in (0, 1):
        tanh = sole(op.value(1 - index), "Tanh")
        softplus = sole(tanh.value(0), "Softplus") if tanh else None
        if softplus and softplus.value(0) is op.value(index):
            return instead(op, "Mish", op.value(index))
    return None


def softplus(op: Op) -> Op | None:
    """x where beta * x is above a threshold, else softplus(beta * x) / beta."""
    if op.kind != "Where" or op.domain:
        return None
    above, curve = sole(op.value(0), "Greater"), sole(op.value(2), "Div")
    smooth = sole(curve.value(0), "Softplus") if curve else None
    if above is None or curve is None or smooth is None:
        return None
    scaled, x = smooth.value(0), op.value(1)
    pair = sides(scaled.producer) if scaled.producer and scaled.producer.kind == "Mul" else None
    beta, threshold = number(curve.value(1)), number(above.value(1))
    if pair is None or pair[0] is not x or above.value(0) is not scaled or scaled.users != 2:
        return None
    if beta is None or threshold is None or number(pair[1]) != beta:
        return None
    return instead(op, "Softplus", x, {"beta": beta, "threshold": threshold})


def gelu(op: Op) -> Op | None:
    """x / 2 * (1 + erf(x / sqrt 2)), in any order, and its approximation by tanh."""
    if op.domain or op.kind not in ("Mul", "Div"):
        return None
    factor, values = _factors(op)
    if not close(factor, 0.5) or len(values) != 2:
        return None
    for x, other in (values, values[::-1]):
        inner = _one_more(other)
        if inner is None:
            continue
        if inner.kind == "Erf" and _is_scaled(inner.value(0), x, 1 / sqrt(2)):
            return instead(op, "Gelu", x)
        if inner.kind == "Tanh" and _is_cubic(inner.value(0), x):
            return instead(op, "Gelu", x, {"approximate": "tanh"})
    return None


def _gated(op: Op, kind: str) -> Value | None:
    """x where the operator is x * kind(x)."""
    gate = _gate(op, kind)
    return None if gate is None else gate.value(0)


def _gate(op: Op, kind: str) -> Op | None:
    if op.kind != "Mul" or op.domain or len(op.inputs) != 2:
        return None
    for index in (0, 1):
        gate = sole(op.value(1 - index), kind)
        if gate and gate.value(0) is op.value(index):
            return gate
    return None


def _divided(op: Op, divisor: float) -> Value | None:
    """x where the operator is x / divisor."""
    pair = None if op.domain else sides(op)
    if pair is None or (op.kind == "Div" and op.value(1) is not pair[1]):
        return None
    wanted = {"Div": divisor, "Mul": 1 / divisor}.get(op.kind)
    return pair[0] if wanted is not None and close(number(pair[1]), wanted) else None


def _clipped(op: Op | None) -> Value | None:
    """x where the operator is clip(x + 3, 0, 6)."""
    if op is None or op.kind != "Clip":
        return None
    try:
        limits = op.limit("min", 1, float("-inf")), op.limit("max", 2, float("inf"))
    except Missing:
        return None
    total = sole(op.value(0), "Add")
    pair = sides(total) if total else None
    if limits != (0, 6) or pair is None or not close(number(pair[1]), 3):
        return None
    return pair[0]


def _factors(op: Op) -> tuple[float, list[Value]]:
    """A product as a number and the values that are multiplied."""
    factor, values = 1.0, []
    pending: list[tuple[Op, int]] = [(op, 0)]
    while pending:
        product, depth = pending.pop()
        for index in range(min(2, len(product.inputs))):
            value = product.value(index)
            constant = number(value)
            below = product.kind == "Div" and index == 1
            if constant is not None:
                factor = factor / constant if below and constant else factor * constant
                continue
            inner = sole(value)
            if inner and inner.kind in ("Mul", "Div") and depth < _DEEPEST and not below:
                pending.append((inner, depth + 1))
            else:
                values.append(value)
    return factor, values


def _one_more(value: Value) -> Op | None:
    """What gives y where the value is y + 1."""
    total = sole(value, "Add")
    pair = sides(total) if total else None
    return sole(pair[0]) if pair and close(number(pair[1]), 1) else None


def _is_scaled(value: Value, x: Value, wanted: float) -> bool:
    """Whether the value is x times the wanted number."""
    op = sole(value)
    if op is None or op.kind not in ("Mul", "Div"):
        return False
    factor, values = _factors(op)
    return values == [x] and close(factor, wanted)


def _is_cubic(value: Value, x: Value) -> bool:
    """Whether the value is sqrt(2 / pi) * (x + 0.044715 * x^3)."""
    op = sole(value, "Mul")
    factor, values = _factors(op) if op else (0.0, [])
    if len(values) != 1 or not close(factor, sqrt(2 / pi)):
        return False
    total = sole(values[0], "Add")
    if total is None or x not in total.inputs:
        return False
    cube = sole(next((v for v in total.inputs if v is not x), None), "Mul")
    if cube is None:
        return False
    factor, values = _factors(cube)
    if not close(factor, 0.044715):
        return False
    return values == [x, x, x] or (len(values) == 1 and _is_power(values[0], x))


def _is_power(value: Value, x: Value) -> bool:
    op = sole(value, "Pow")
    return op is not None and op.value(0) is x and close(number(op.value(1)), 3)


REWRITES = (hard_swish, hard_sigmoid, silu, mish, softplus, gelu)
