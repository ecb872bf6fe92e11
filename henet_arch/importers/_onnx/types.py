"""What types of elements operators give."""

from __future__ import annotations

from .network import Op
from .shapes import RULES
from .tensors import type_name

_FIXED = {
    "int64": "ArgMax ArgMin NonZero Shape Size",
    "bool": """And Equal Greater GreaterOrEqual IsInf IsNaN Less LessOrEqual Not Or Xor""",
    "int32": "ConvInteger MatMulInteger",
    "uint8": "DynamicQuantizeLinear",
}
_OF_OPERATOR = {kind: type_ for type_, kinds in _FIXED.items() for kind in kinds.split()}
_BY_INPUT = {"CastLike": 1, "DequantizeLinear": 1, "OneHot": 2, "QLinearConv": 7,
             "QLinearMatMul": 7, "QuantizeLinear": 2, "Where": 1}  # fmt: skip
"""Operators whose elements are of the type of another input than the first."""
_SECOND = {"Dropout": "bool", "MaxPool": "int64", "TopK": "int64"}
"""The type of the second output, where it is another one."""


def output_types(op: Op) -> list[str]:
    """The type of the elements of each output, "" where it is unknown."""
    first = _first(op)
    return [first if n == 0 else _SECOND.get(op.kind, first) for n in range(len(op.outputs))]


def _first(op: Op) -> str:
    if op.domain:
        return ""
    if op.kind in _OF_OPERATOR:
        return _OF_OPERATOR[op.kind]
    if op.kind in ("Bernoulli", "Cast", "EyeLike", "RandomNormal", "RandomUniform"):
        return _named(op)
    if op.kind == "ConstantOfShape":
        value = op.attributes.get("value")
        return getattr(value, "type", "float32")
    if op.kind == "QuantizeLinear" and not op.has(2):
        return type_name(op.integer("output_dtype")) or "uint8"
    if op.kind not in RULES:
        return ""
    index = _BY_INPUT.get(op.kind, 0)
    return op.value(index).type if op.has(index) else ""


def _named(op: Op) -> str:
    """The type that an attribute names, by its number or, in old versions, by its name."""
    named = op.attributes.get("to" if op.kind == "Cast" else "dtype")
    if isinstance(named, str):
        return {"float": "float32", "double": "float64"}.get(named.lower(), named.lower())
    if isinstance(named, int):
        return type_name(named)
    return op.value(0).type if op.has(0) else "float32"
