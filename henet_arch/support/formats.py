"""TOML, JSON and YAML text as plain values: hostile text is refused before it costs anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

from .errors import FileError
from .unique_keys import without_repeats

MOST_NESTED = 16
"""Parts of a dotted key in TOML, and levels of lists and mappings in YAML."""


def parse(text: str, form: str, where: str = "") -> Any:
    """The values that `text` in the format `form` (toml, json, yaml) holds.

    One number has one value in all formats. A key that appears twice is refused, and so is what
    TOML, JSON and YAML do not share: anchors, tags, NaN in JSON.

    Raises:
        FileError: the text is not of that format.
    """
    with _failures(text, form, where):
        return _PARSERS[form](text)


def toml_of(values: Mapping[str, Any]) -> str:
    """A flat table as TOML, each key on its line; its values look the same in JSON.

    Lists of numbers stay on their key's line, which the libraries that write TOML either do not
    keep or take longer to load for than all else that a command does with it.
    """
    import json

    pairs = ((key, json.dumps(value, ensure_ascii=False)) for key, value in values.items())
    return "".join(f"{key} = {text}\n" for key, text in pairs).replace("\x7f", "\\u007f")


_PLACE = re.compile(
    r":? \(?(?:at )?(?:line (?P<line>\d+)(?:,? column \d+)?|end of document)(?: \(char \d+\))?\)?$"
)
"""How the parsers' sentences end."""


@contextmanager
def _failures(text: str, form: str, where: str) -> Iterator[None]:
    """Turn whatever a parser says of hostile text into a FileError."""
    fault = f"not valid {form.upper()}"
    try:
        yield
    except RecursionError:
        raise FileError(f"{fault}: nested too deeply", where=where) from None
    except ValueError as error:
        reason = " ".join(str(error).split())
        if "set_int_max_str_digits" in reason:
            reason = "a number of thousands of digits"
        place = ""
        if match := _PLACE.search(reason):
            reason = reason[: match.start()]
            place = f"line {match['line'] or text.count(chr(10), 0, len(text.rstrip())) + 1}"
        where = ", ".join(filter(None, (where, place)))
        raise FileError(f"{fault}: {reason}", where=where, fix=_FIXES[form]) from None


_FIXES = {
    "toml": "text as in key = [1, 2]",
    "json": 'text as in {"key": [1, 2]}',
    "yaml": "text as in key: [1, 2]",
}
"""What each format looks like."""


_STRING_OR_COMMENT = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"""|\Z)'
    r"|'''.*?(?:'''|\Z)"
    r'|"(?:\\[^\n]|[^"\\\n])*"?'
    r"|'[^'\n]*'?"
    r"|#[^\n]*",
    re.DOTALL,
)
_LONG_KEY = re.compile(rf"[\w-]+(?:[ \t]*\.[ \t]*[\w-]+){{{MOST_NESTED}}}")


def _parse_toml(text: str) -> Any:
    """tomllib takes memory that grows with the square of a key's parts."""
    import tomllib

    bare = _STRING_OR_COMMENT.sub(lambda token: "" if token[0][0] == "#" else "s", text)
    if _LONG_KEY.search(bare):
        raise ValueError(f"a key has more than {MOST_NESTED} parts")
    return tomllib.loads(text)


def _parse_json(text: str) -> Any:
    import json

    return json.loads(text, object_pairs_hook=without_repeats, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _parse_yaml(text: str) -> Any:
    from .core_yaml import parse

    return parse(text, MOST_NESTED)


_PARSERS: dict[str, Callable[[str], Any]] = {
    "toml": _parse_toml,
    "json": _parse_json,
    "yaml": _parse_yaml,
}
