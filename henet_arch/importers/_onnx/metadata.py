"""What a file says beside its graph: how images become its input, and what its classes are called.

Read are the entries that we write ourselves, and `names`, which Ultralytics' exporters write as a
list or a dictionary of Python. Nothing of it is executed. What is of another form is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ...ir.classes import is_unicode
from ...ir.preprocessing import Preprocessing
from ...support.errors import FileError, HenetArchError
from ...support.formats import parse

_LONGEST = 2**22
"""Characters of an entry that are looked at; those of 100,000 classes fit."""


def known(entries: Iterable[Any]) -> dict[str, Any]:
    """What a Model has for it: `preprocessing`, `class_names`, `trained_on`.

    Args:
        entries: StringStringEntryProtos.
    """
    texts = {
        entry.key: entry.value
        for entry in entries
        if isinstance(entry.value, str) and len(entry.value) <= _LONGEST
    }
    trained_on = _json(texts.get("trained_on", ""))
    return {
        "preprocessing": _preprocessing(_json(texts.get("preprocessing", ""))),
        "class_names": class_names(texts.get("class_names") or texts.get("names", "")),
        "trained_on": trained_on if _is_text(trained_on) else "",
    }


def _json(text: str) -> Any:
    """The value of a text; None where it is no JSON."""
    try:
        return parse(text, "json") if text else None
    except FileError:
        return None


def _preprocessing(values: Any) -> Preprocessing | None:
    """How an image becomes the input, where the file says it."""
    try:
        return Preprocessing.from_dict(values)
    except HenetArchError:
        return None


def class_names(text: str) -> tuple[str, ...]:
    """Names in order, of JSON or of a list or dictionary as Python writes it; () for others."""
    values = _json(text)
    if values is None:
        values = _python(text)
    if isinstance(values, dict):
        numbered = {str(key): name for key, name in values.items()}
        values = [numbered.get(str(number)) for number in range(len(numbered))]
    return tuple(values) if isinstance(values, list) and all(map(_is_text, values)) else ()


def _is_text(name: Any) -> bool:
    """Whether it can be written again."""
    return isinstance(name, str) and is_unicode(name)


_STRING = r"""'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*\""""
_ITEM = re.compile(rf"\s*(?:(\d{{1,7}})\s*:\s*)?({_STRING})\s*(,|\Z)")


def _python(text: str) -> dict[int, str] | list[str] | None:
    """A flat list, or a dictionary by number, of strings; None for anything else."""
    text = text.strip()
    if not (len(text) >= 2 and text[0] + text[-1] in ("[]", "{}")):
        return None
    pairs = list(_items(text[1:-1].strip()))
    numbers = [number for number, _ in pairs]
    if None in (name for _, name in pairs) or (text[0] == "{") == (None in numbers):
        return None
    names = [_unquoted(name) for _, name in pairs if name]
    if text[0] == "[":
        return names if not any(numbers) else None
    keys = [int(number) for number in numbers if number]
    return dict(zip(keys, names, strict=True)) if len(set(keys)) == len(keys) else None


def _items(text: str) -> Iterator[tuple[str | None, str | None]]:
    """The number and the quoted name of each item; (None, None) where it is of another form."""
    at = 0
    while at < len(text):
        item = _ITEM.match(text, at)
        if item is None:
            yield None, None
            return
        yield item[1], item[2]
        at = item.end()


_HEX = "[0-9a-fA-F]"
_ESCAPE = re.compile(rf"\\(x{_HEX}{{2}}|u{_HEX}{{4}}|U00(?:0{_HEX}|10){_HEX}{{4}}|.)", re.DOTALL)
_MEANT = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", '"': '"'}


def _unquoted(quoted: str) -> str:
    """The text of a string as Python writes it."""

    def meant(match: re.Match[str]) -> str:
        word = match[1]
        return chr(int(word[1:], 16)) if len(word) > 1 else _MEANT.get(word, match[0])

    return _ESCAPE.sub(meant, quoted[1:-1])
