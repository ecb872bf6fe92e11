"""Attributes of nodes as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...support.errors import FileError
from .constant import plain
from .tensors import Tensors
from .text import require_text

_FLOAT, _INT, _STRING, _TENSOR, _GRAPH = 1, 2, 3, 4, 5
_FLOATS, _INTS, _STRINGS = 6, 7, 8


def attributes_of(
    node: Any, tensors: Tensors, bound: Mapping[str, Any], where: str
) -> dict[str, Any]:
    """The attributes of a node by name.

    Args:
        node: A NodeProto.
        tensors: What makes constants of those that are tensors.
        bound: The attributes of the function around, to which a node's may refer.
        where: What messages call the node.

    Returns:
        int, float, str, tuples of them, constants, and graphs as they are; others are left out.

    Raises:
        FileError: two have one name, or a tensor cannot be read.
    """
    values: dict[str, Any] = {}
    for attribute in node.attribute:
        require_text(attribute.name, attribute.ref_attr_name)
        if attribute.name in values:
            raise FileError(f"{where} has two attributes {attribute.name!r:.99}")
        if attribute.ref_attr_name:
            if attribute.ref_attr_name in bound:
                values[attribute.name] = bound[attribute.ref_attr_name]
            continue
        value = _value(attribute, tensors, where)
        if value is not None:
            values[attribute.name] = value
    return values


def _value(attribute: Any, tensors: Tensors, where: str) -> Any:
    kind = attribute.type or _guessed(attribute)
    if kind == _INT:
        return attribute.i
    if kind == _FLOAT:
        return plain(attribute.f)
    if kind == _STRING:
        return attribute.s.decode("utf-8", "replace")
    if kind == _INTS:
        return tuple(attribute.ints)
    if kind == _FLOATS:
        return tuple(map(plain, attribute.floats))
    if kind == _STRINGS:
        return tuple(text.decode("utf-8", "replace") for text in attribute.strings)
    if kind == _TENSOR:
        return tensors.constant(attribute.t, f"the attribute {attribute.name!r:.99} of {where}")
    return attribute.g if kind == _GRAPH else None


def _guessed(attribute: Any) -> int:
    """The type of an attribute that does not say it, as the first version of ONNX did not."""
    for kind, name in ((_INTS, "ints"), (_FLOATS, "floats"), (_STRINGS, "strings")):
        if len(getattr(attribute, name)):
            return kind
    for kind, name in ((_TENSOR, "t"), (_GRAPH, "g"), (_STRING, "s"), (_FLOAT, "f")):
        if attribute.HasField(name):
            return kind
    return _INT
