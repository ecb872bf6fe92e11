"""Which version of ONNX's operators has what."""

from __future__ import annotations

from functools import cache

from ...support.optional import need

OLDEST = 13
"""The first opset that is written; older ones have other forms of many operators."""


@cache
def newest() -> int:
    """The last opset that the installed package knows."""
    version: int = need("onnx", "onnx").defs.onnx_opset_version()
    return version


@cache
def since(kind: str, element_type: str) -> int | None:
    """The first opset from `OLDEST` on whose operator takes such elements; None where none does.

    Args:
        kind: The operator.
        element_type: As ONNX's schemas call it: `tensor(float)`.
    """
    return next((v for v in range(OLDEST, newest() + 1) if _takes(kind, v, element_type)), None)


def _takes(kind: str, opset: int, element_type: str) -> bool:
    defs = need("onnx", "onnx").defs
    if not defs.has(kind, opset, ""):
        return False
    schema = defs.get_schema(kind, opset, "")
    first = schema.inputs[-1 if kind == "Where" else 0].type_str
    allowed = {c.type_param_str: c.allowed_type_strs for c in schema.type_constraints}
    return element_type in allowed.get(first, [first])
