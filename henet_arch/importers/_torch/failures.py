"""What went wrong in a module's own code, as an error with the line that it stands on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from traceback import walk_tb

from ...ir.dims import Shape, format_shape
from ...support.errors import RunError
from ...support.optional import first_line
from .source import decision

_ON_DATA = ("data-dependent", "DataDependent", "GuardOnDataDependentSymNode", "Could not guard")

_LIBRARY = str(PurePath(re.__file__).parent.parent)


def failure(error: Exception, title: str, shapes: Mapping[str, Shape]) -> RunError:
    """The error that says why a module could not be exported.

    Args:
        error: What its code or PyTorch raised.
        title: The module's class.
        shapes: Its inputs.
    """
    given = ", ".join(format_shape(shape) for shape in shapes.values())
    text = f"{type(error).__name__}: {error}"
    if any(words in text for words in _ON_DATA):
        return RunError(
            f"{title} branches on the values of a tensor",
            where=line_of(error) or _line_in(text),
            why="the layers that run are then others for each image",
            fix="a forward that depends on the sizes alone, or torch.where in place of the branch",
        )
    return RunError(
        f"{title} fails on the input {given}",
        where=line_of(error),
        why=f"{type(error).__name__}: {first_line(error)}",
        fix=_advice(text, shapes),
    )


def _advice(text: str, shapes: Mapping[str, Shape]) -> str:
    if "uninitialized parameter" in text:
        return "one forward pass of the module first: lazy layers have no shapes before"
    sizes = next(iter(shapes.values()))
    if len(shapes) == 1 and len(sizes) == 2:
        return f"an input that the module takes, with its channels: 3x{format_shape(sizes)}"
    return "an input that the module takes"


def line_of(error: BaseException) -> str:
    """The last line that an error passed outside PyTorch, Python's own library and this package.

    It is said as `file.py:123`; "" where there is none.
    """
    place = ""
    for frame, line in walk_tb(error.__traceback__):
        path = frame.f_code.co_filename
        own = path.startswith(_LIBRARY) and "site-packages" not in path
        if not own and not re.search(r"[/\\](torch|henet_arch)[/\\]|^<", path):
            place = f"{PurePath(path).name}:{line}"
    return place


def _line_in(text: str) -> str:
    """The last line outside PyTorch that a message quotes."""
    found = decision(text)
    return found[0].source if found else ""
