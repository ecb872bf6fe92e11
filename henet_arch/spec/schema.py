"""The JSON Schema of spec files, by which editors check and complete them."""

from __future__ import annotations

from typing import Any

from .families import families
from .spec import DEFAULT_FAMILY, Spec


def json_schema() -> dict[str, Any]:
    """The JSON Schema of spec files, in which a file may name its own schema."""
    from .blocks.schema import blocks_schema, line_schema

    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {
        "$schema": dialect,
        "title": Spec.model_config["title"],
        "$defs": {"line": line_schema()},
        "anyOf": [*map(_schema_of, families()), blocks_schema()],
    }


def _schema_of(name: str) -> dict[str, Any]:
    family = families()[name]
    schema: dict[str, Any] = family.spec.model_json_schema()
    properties = {"$schema": {"type": "string"}, **schema["properties"], "family": {"const": name}}
    schema |= {"title": name, "description": family.summary, "properties": properties}
    return schema | {"required": [] if name == DEFAULT_FAMILY else ["family"]}
