"""Specs as TOML, JSON and YAML text."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..support import formats
from ..support.errors import FileError, SpecError
from ..support.files import read_text, write_text
from ..support.limits import LARGEST_SPEC_FILE
from .spec import DECLARES, Spec

ENDINGS = (".toml", ".json", ".yaml", ".yml")


def load(path: str | Path) -> Spec:
    """The spec in a .toml, .json, .yaml or .yml file.

    Raises:
        FileError: the file cannot be read, or is not of the format that its ending says.
        SpecError: what it says is not a spec.
    """
    path = Path(path)
    form = form_of(path)
    text = read_text(path, LARGEST_SPEC_FILE)
    try:
        return parse(text, form, str(path))
    except SpecError as error:
        line = line_of(error.key, text)
        error.where = error.where or (f"{path}, line {line}" if line else str(path))
        raise


def parse(text: str, form: str, where: str = "") -> Spec:
    """The spec that `text` in the format `form` (toml, json, yaml) holds.

    Raises:
        FileError: the text is not of that format.
        SpecError: what it says is not a spec.
    """
    if not text.strip():
        raise FileError("the spec file is empty", where=where, fix="henet-arch spec prints one")
    data = formats.parse(text, form, where)
    if not isinstance(data, dict):
        content = "a list" if isinstance(data, list) else "nothing" if data is None else "one value"
        raise SpecError(f"a spec is a table of keys and values, not {content}")
    if isinstance(data.get("schema"), int):
        raise SpecError(
            "this is a report, not a network",
            where=where,
            fix="the network that it is of; henet-arch diff takes reports",
        )
    if isinstance(data.get("$schema"), str):  # editors find the JSON Schema by it
        del data["$schema"]
    if where and data.keys() & {*DECLARES}:
        from .blocks.locate import located

        data = located(data, text, where)
    return Spec(**data)


def dumps(spec: Spec, form: str = "toml") -> str:
    """The spec as text; reading it gives the same spec."""
    data = spec.model_dump(mode="json", exclude_none=True)
    if spec.declared:
        from .blocks import write

        return write.DUMPS[form](data)
    return DUMPS[form](data)


def save(spec: Spec, path: str | Path) -> None:
    """Write the spec in the format that the file's ending says.

    Args:
        spec: The spec; all its keys are written, with their values.
        path: A file that ends in .toml, .json, .yaml or .yml.

    Raises:
        FileError: the ending is unknown or the file cannot be written.
    """
    path = Path(path)
    write_text(path, dumps(spec, form_of(path)))


def form_of(path: Path) -> str:
    """The format that a file's ending says.

    Raises:
        FileError: it says none.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise FileError(
            f"{str(path)!r} has no ending of a spec file", fix="a name in .toml, .json or .yaml"
        )
    return ending.removeprefix(".").replace("yml", "yaml")


def line_of(key: str, text: str) -> int | None:
    """The line on which a top-level key stands."""
    if not key:
        return None
    match = re.search(rf"""(?m)^[^#\n]*?(?<![\w$-]){re.escape(key)}["']?\s*[:=]""", text)
    return text.count("\n", 0, match.end()) + 1 if match else None


def _dump_json(data: dict[str, Any]) -> str:
    import json

    lines = (f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in data.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _dump_yaml(data: dict[str, Any]) -> str:
    import yaml

    from ..support.core_yaml import Dumper

    return yaml.dump(data, Dumper=Dumper, sort_keys=False, default_flow_style=None)


DUMPS: dict[str, Callable[[dict[str, Any]], str]] = {
    "toml": formats.toml_of,
    "json": _dump_json,
    "yaml": _dump_yaml,
}
"""How each format is written."""
