"""Where in the source an operation stands, from the text of a traceback."""

from __future__ import annotations

import re
from pathlib import PurePath

from ...ir.graph import Decision
from ...support.printable import brief

_FRAME = re.compile(r'File "([^"\n]{1,999})", line (\d{1,9}), in [^\n]*(?:\n {4}([^\n]*))?')
_OF_TORCH = re.compile(r"[/\\]torch[/\\]|^<")
_LONGEST = 120


def decision(stack_trace: str | None) -> tuple[Decision, ...]:
    """The last line outside PyTorch as the reason of a layer, or nothing."""
    frames = _FRAME.findall(stack_trace or "")
    for path, line, code in reversed(frames):
        if not _OF_TORCH.search(path):
            reason = brief(code.strip())[:_LONGEST] or "no source"
            return (Decision("source", reason, f"{PurePath(path).name}:{line}"),)
    return ()
