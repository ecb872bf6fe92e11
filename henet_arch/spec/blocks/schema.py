"""The JSON Schema of specs that declare their blocks: as far as a schema sees into a line."""

from __future__ import annotations

from typing import Any

from ...ir.functions import FUNCTIONS
from ..spec import DECLARED, Spec
from .kinds import KINDS
from .steps import JOINS
from .text import BLOCKS, LAYERS, LONGEST_LINE, MOST_LINES, NETWORK

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_LINE = (
    rf"^\s*({_NAME}(\s*,\s*{_NAME})*\s*=\s*)?{_NAME}(\s*\(.*\))?(\s*,\s*{_NAME}(\s*\(.*\))?)*"
    r"(\s+(of|when|times|for)\s+[^#]+)*\s*(#.*)?$"
)
"""A line as far as a pattern can say: names, layers with arguments, clauses, a reason."""
_REF = {"$ref": "#/$defs/line"}
_VALUE = {"type": ["number", "boolean", "string"]}


def blocks_schema() -> dict[str, Any]:
    """The JSON Schema of such a spec."""
    common = Spec.model_json_schema()["properties"]
    properties = {
        **{key: value for key, value in common.items() if key != "family"},
        "$schema": {"type": "string"},
        "family": {"const": DECLARED},
        "channels": {"type": "array", "items": {"type": "integer", "minimum": 1}},
        "groups": {"type": ["string", "integer"]},
        "padding": {"type": "string"},
        NETWORK: {
            "description": "the parts of the network, a line each: stage = unit for channels",
            **_lines(),
        },
        BLOCKS: {
            "type": "object",
            "description": "blocks by name",
            "propertyNames": {"pattern": f"^{_NAME}$", "not": {"enum": sorted(KINDS)}},
            "additionalProperties": _block(),
        },
    }
    own = {"anyOf": [_VALUE, {"type": "array", "items": {"anyOf": [_VALUE, _list()]}}]}
    return {
        "title": DECLARED,
        "description": "a network of blocks that the file declares itself",
        "type": "object",
        "properties": properties,
        "additionalProperties": own,
        "required": [NETWORK],
    }


def line_schema() -> dict[str, Any]:
    """A line: one of those that editors offer, or any that looks like one."""
    return {
        "anyOf": [
            {"enum": list(map(_sample, KINDS))},
            {"type": "string", "maxLength": LONGEST_LINE, "pattern": _LINE},
            {"type": "string", "pattern": r"^\s*(#.*)?$"},
        ]
    }


def _list() -> dict[str, Any]:
    return {"type": "array", "items": _VALUE}


def _block() -> dict[str, Any]:
    return {
        "type": "object",
        "required": [LAYERS],
        "properties": {LAYERS: {"description": "layers in order, a line each", **_lines()}},
        "additionalProperties": {
            "type": ["string", "number", "boolean"],
            "description": "a number of the block, as an expression: C / 2",
        },
    }


def _lines() -> dict[str, Any]:
    """Text of several lines, or a list of them, which editors complete one by one."""
    listed = {"type": "array", "maxItems": MOST_LINES, "items": _REF}
    return {"anyOf": [{"type": "string"}, listed]}


def _sample(kind: str) -> str:
    """A line with a layer, to be filled in."""
    if kind in JOINS:
        return f"{kind} = {kind}(one, other)"
    required = KINDS[kind].required
    if kind in FUNCTIONS or not required:
        return "conv1 = conv(C, kernel=3)" if kind == "conv" else f"{kind}1 = {kind}"
    return f"{kind} = {kind}({', '.join(required)})"
