"""The reference of spec files: every key of every family, from the JSON Schema that editors use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from henet_arch.spec.families import families
from henet_arch.spec.spec import Spec

_INTRODUCTION = """# The keys of specs

Every key of every family with what it holds and its default. `henet-arch spec --family NAME`
prints a family's defaults as a file, and `henet-arch schema` writes the JSON Schema from which this
page is made. [Specs](../spec.md) says how they are used, and [blocks](../blocks.md) has the keys of
files that declare their own blocks.

A key that takes a number or a list of numbers has one value for all places, or a list with one for
each place.
"""


def page() -> str:
    """The page: what all families share, then each with its own keys."""
    shared = {key for key in Spec.model_fields if key not in ("input", "classes")}
    first = next(iter(families().values())).spec.model_json_schema()["properties"]
    common = {key: first[key] for key in first if key in shared}
    parts = [_INTRODUCTION, "## All families\n", _table(common)]
    for name, family in families().items():
        properties = family.spec.model_json_schema()["properties"]
        own = {key: facts for key, facts in properties.items() if key not in shared}
        parts += [f"## {name}\n", f"[{family.summary}](../families/{name}.md)\n", _table(own)]
    return "\n".join(parts)


def _table(properties: Mapping[str, Any]) -> str:
    rows = [
        f"| `{key}` | {facts['description'].replace('|', chr(0x2223))} | {_kind(facts)} | "
        f"{_default(facts)} |"
        for key, facts in properties.items()
    ]
    return "\n".join(
        ["| key | meaning | values | default |", "| --- | --- | --- | --- |", *rows, ""]
    )


def _default(facts: Mapping[str, Any]) -> str:
    if facts.get("default") is None:
        return ""
    return f"`{json.dumps(facts['default'])}`"


def _kind(facts: Mapping[str, Any]) -> str:
    """In words what values a key takes."""
    if "const" in facts:
        return f"`{json.dumps(facts['const'])}`"
    if "enum" in facts:
        return ", ".join(f"`{json.dumps(value)}`" for value in facts["enum"])
    if choices := facts.get("oneOf") or facts.get("anyOf"):
        kinds = [_kind(choice) for choice in choices if choice.get("type") != "null"]
        return " or ".join(kinds)
    if facts["type"] == "array":
        return _list(facts)
    word = {"integer": "whole number", "number": "number", "boolean": "`true` or `false`"}
    return word.get(facts["type"], "text") + _bounds(facts)


def _list(facts: Mapping[str, Any]) -> str:
    least, most = facts.get("minItems", 0), facts.get("maxItems")
    element = facts.get("items") or facts["prefixItems"][0]
    count = f"{least} " if least == most else f"{least} or more " if least else ""
    return f"list of {count}" + _kind(element).replace("number", "numbers", 1)


_LARGEST = 10**12
"""The bound of every whole number, which need not be said."""


def _bounds(facts: Mapping[str, Any]) -> str:
    least, above = facts.get("minimum"), facts.get("exclusiveMinimum")
    most, below = facts.get("maximum"), facts.get("exclusiveMaximum")
    words = ["odd"] if facts.get("not", {}).get("multipleOf") == 2 else []
    words += [f"from {least}"] if least is not None else []
    words += [f"above {above:g}"] if above is not None else []
    words += [f"to {most}"] if most is not None and most != _LARGEST else []
    words += [f"below {below:g}"] if below is not None else []
    return " " + " ".join(words) if words else ""
