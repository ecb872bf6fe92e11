"""Reports as JSON, the items of a list one a line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ..tables import Result, Terminal


def report(result: Result, _terminal: Terminal) -> str:
    """The whole result. Large ones stay fast, since no line needs Python's own indenting."""
    entries = (f"  {json.dumps(key)}: {_value(value)}" for key, value in result.to_dict().items())
    return "{\n" + ",\n".join(entries) + "\n}\n"


def _value(value: Any) -> str:
    if not isinstance(value, list) or not any(isinstance(item, dict) for item in value):
        return _text(value)
    return "[\n" + ",\n".join(_indented(value)) + "\n  ]"


def _indented(items: Iterable[Any]) -> Iterable[str]:
    return (f"    {_text(item)}" for item in items)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
