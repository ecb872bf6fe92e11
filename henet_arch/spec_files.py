"""Specs as TOML, JSON and YAML text, each read by a loader that makes only plain values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import FileError, SpecError
from .files import read_text, write_text
from .limits import LARGEST_SPEC_FILE
from .spec import Spec

ENDINGS = (".toml", ".json", ".yaml", ".yml")
_DEEPEST = 16


@dataclass(frozen=True)
class Form:
    """One file format: how it is read and written."""

    parse: Callable[[str], Any]
    dump: Callable[[dict[str, Any]], str]


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
        error.where = f"{path}, line {line}" if line else str(path)
        raise


def parse(text: str, form: str, where: str = "") -> Spec:
    """The spec that `text` in the format `form` (toml, json, yaml) holds.

    Raises:
        FileError: the text is not of that format.
        SpecError: what it says is not a spec.
    """
    if not text.strip():
        raise FileError("the spec file is empty", where=where, fix="henet-arch spec prints one")
    with failures(form, where):
        data = FORMS[form].parse(text)
    if not isinstance(data, dict):
        found = "a list" if isinstance(data, list) else "nothing" if data is None else "one value"
        raise SpecError(f"a spec is a table of keys and values, not {found}")
    if isinstance(data.get("$schema"), str):  # editors find the JSON Schema by it
        del data["$schema"]
    return Spec(**data)


def dumps(spec: Spec, form: str = "toml") -> str:
    """The spec as text; reading it gives the same spec."""
    return FORMS[form].dump(spec.model_dump(mode="json", exclude_none=True))


def save(spec: Spec, path: str | Path) -> None:
    """Write the spec in the format that the file's ending says.

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


@contextmanager
def failures(form: str, where: str) -> Iterator[None]:
    """Turn whatever a parser says of hostile text into a FileError."""
    from yaml import MarkedYAMLError, YAMLError

    said = f"not valid {form.upper()}"
    try:
        yield
    except RecursionError:
        raise FileError(f"{said}: nested too deeply", where=where) from None
    except MarkedYAMLError as error:
        place = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        told = " ".join(filter(None, (error.context, error.problem)))
        raise FileError(f"{said}: {told}", where=where + place) from None
    except (ValueError, YAMLError) as error:
        told = " ".join(str(error).split())
        if "set_int_max_str_digits" in told:
            told = "a number of thousands of digits"
        raise FileError(f"{said}: {told}", where=where) from None


def line_of(key: str, text: str) -> int | None:
    """The line on which a top-level key stands."""
    if not key:
        return None
    found = re.search(rf"""(?m)^[^#\n]*?(?<![\w$-]){re.escape(key)}["']?\s*[:=]""", text)
    return text.count("\n", 0, found.end()) + 1 if found else None


def _parse_toml(text: str) -> Any:
    import tomllib

    return tomllib.loads(text)


def _dump_toml(data: dict[str, Any]) -> str:
    """A spec is flat, and its names, numbers and lists look the same in TOML and in JSON."""
    import json

    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in data.items())


def _parse_json(text: str) -> Any:
    import json

    return json.loads(text, object_pairs_hook=_without_repeats)


def _dump_json(data: dict[str, Any]) -> str:
    import json

    lines = (f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in data.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _parse_yaml(text: str) -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            for key, _ in node.value:
                if key.tag != "tag:yaml.org,2002:str":
                    raise ValueError("a key is not a plain string")
            _without_repeats([(key.value, None) for key, _ in node.value])
            return super().construct_mapping(node, deep)

    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ValueError("anchors and aliases (& and *) are not read")
        if tag := getattr(event, "tag", None):
            raise ValueError(f"tag {tag} is not read")
        opens = isinstance(event, yaml.CollectionStartEvent)
        depth += opens - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise RecursionError
    return yaml.load(text, Loader=Loader)  # noqa: S506  (a subclass of the safe one)


def _dump_yaml(data: dict[str, Any]) -> str:
    import yaml

    return yaml.safe_dump(data, sort_keys=False, default_flow_style=None)


def _without_repeats(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        seen: set[Any] = set()
        repeated = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"key {repeated!r} stands there twice")
    return data


FORMS = {
    "toml": Form(_parse_toml, _dump_toml),
    "json": Form(_parse_json, _dump_json),
    "yaml": Form(_parse_yaml, _dump_yaml),
}
