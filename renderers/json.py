"""Reports as JSON."""

from __future__ import annotations

import json

from ..tables import Result, Terminal


def report(result: Result, _terminal: Terminal) -> str:
    """The whole result, indented."""
    return json.dumps(result.to_dict(), indent=2, ensure_ascii=False) + "\n"
