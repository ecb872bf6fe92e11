"""YAML by the core schema of version 1.2, in which numbers are what they are in TOML and JSON.

PyYAML's own schema is that of version 1.1: 0100 is 64, 1:30 is 90, yes is true, 1e3 is text.
Source: YAML 1.2.2, section 10.3.2 (https://yaml.org/spec/1.2.2/#103-core-schema).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from .unique_keys import without_repeats


def parse(text: str, most_nested: int) -> Any:
    """The value of the one document that `text` holds.

    Raises:
        ValueError: it is no YAML, or has anchors, aliases, tags, or a key twice.
        RecursionError: lists and mappings lie deeper than `most_nested`.
    """
    try:
        _check(yaml.parse(text, Loader=yaml.SafeLoader), most_nested)
        return yaml.load(text, Loader=_Loader)  # noqa: S506  (it makes plain values only)
    except yaml.MarkedYAMLError as error:
        line = f" (at line {error.problem_mark.line + 1})" if error.problem_mark else ""
        reason = " ".join(filter(None, (error.context, error.problem)))
        raise ValueError(f"{reason}{line}") from None
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


def _check(events: Iterator[yaml.Event], most_nested: int) -> None:
    """Refuse, before any value is made, what unfolds, what has a type, and what is deep."""
    depth = 0
    for event in events:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ValueError("anchors and aliases (& and *) are not read")
        if tag := getattr(event, "tag", None):
            raise ValueError(f"tag {tag} is not read")
        opens = isinstance(event, yaml.CollectionStartEvent)
        depth += opens - isinstance(event, yaml.CollectionEndEvent)
        if depth > most_nested:
            raise RecursionError


class _Loader(yaml.SafeLoader):
    """Makes what `_SCALARS` says of plain scalars, strings of all others, and plain containers."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        for key, _ in node.value:
            if key.tag != yaml.resolver.BaseResolver.DEFAULT_SCALAR_TAG:
                raise ValueError("a key is not a plain string")
        without_repeats([(key.value, None) for key, _ in node.value])
        return super().construct_mapping(node, deep)


def _decimal(text: str) -> int:
    _refuse_leading_zero(text)
    return int(text)


def _float(text: str) -> float:
    _refuse_leading_zero(text)
    return float(text)


def _refuse_leading_zero(text: str) -> None:
    """As TOML and JSON do: some readers take it for an octal number."""
    if re.match(r"[-+]?0[0-9]", text):
        raise ValueError(f"the number {text} has a leading zero")


_SCALARS: list[tuple[str, Callable[[str], Any]]] = [
    (r"~|null|Null|NULL|", lambda text: None),
    (r"true|True|TRUE|false|False|FALSE", lambda text: text.lower() == "true"),
    (r"[-+]?[0-9]+", _decimal),
    (r"0o[0-7]+", lambda text: int(text[2:], 8)),
    (r"0x[0-9a-fA-F]+", lambda text: int(text[2:], 16)),
    (r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", _float),
    (r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", lambda text: float(text.replace(".", ""))),
]
"""The plain scalars of the core schema: the first pattern that one fits says its value."""


def _constructor(value: Callable[[str], Any]) -> Callable[[Any, Any], Any]:
    return lambda _, node: value(node.value)


_tags = [f"plain scalar {index}" for index in range(len(_SCALARS))]
_Loader.yaml_implicit_resolvers = {  # for scalars of any first character
    None: [
        (tag, re.compile(rf"(?:{pattern})\Z"))
        for tag, (pattern, _) in zip(_tags, _SCALARS, strict=True)
    ]
}


class Dumper(yaml.SafeDumper):
    """Writes what `parse` reads again: text that would be another value is quoted."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        taken = any(re.fullmatch(pattern, data) for pattern, _ in _SCALARS)
        return self.represent_scalar("tag:yaml.org,2002:str", data, style="'" if taken else None)


Dumper.add_representer(str, Dumper.represent_str)
for _tag, (_, _value) in zip(_tags, _SCALARS, strict=True):
    _Loader.add_constructor(_tag, _constructor(_value))
