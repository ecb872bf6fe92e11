"""Which options name files, and what is refused of them before a command begins.

An option of the command line that names a file says so beside its help: `Reads` or `Writes`. No
file that is written is one that is read, or that is written too; and what cannot be written is told
before the work, not after it.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import typer

Given = Mapping[str, Any]
"""The values of a command's options by name."""


class Reads:
    """The option names a file, a folder, or a preset, that the command reads."""


@dataclass(frozen=True)
class Writes:
    """The option names a file or a folder that the command writes.

    Attributes:
        check: refuses a path that the command, with the values of its options, cannot write.
    """

    check: Callable[[Path, Given], object]


class Place(NamedTuple):
    """A path and the word of the command line that names it."""

    word: str
    path: Path


_inputs: ContextVar[Sequence[Place]] = ContextVar("inputs")
"""The files that the running command reads, as its options name them."""


def checked(command: Callable[..., None]) -> Callable[..., None]:
    """The command, after a look at the files that its options name.

    Raises:
        BadParameter: two options name one file, and one of them is written.
        FileError: a file or folder cannot be written.
        UnknownNameError: there is no form of that name or ending.
    """

    @wraps(command)
    def run(**given: Any) -> None:
        parameters = inspect.signature(command, eval_str=True).parameters.values()
        inputs, outputs = (list(_places(parameters, given, role)) for role in (Reads, Writes))
        refuse_overlap(inputs, outputs)
        _inputs.set(inputs)
        for parameter in parameters:
            for detail in getattr(parameter.annotation, "__metadata__", ()):
                if isinstance(detail, Writes) and (path := given[parameter.name]):
                    detail.check(path, given)
        command(**given)

    return run


def refuse_more(outputs: Sequence[Place], inputs: Sequence[Place] = ()) -> None:
    """Refuse files that the running command writes beside those that its options name.

    Args:
        outputs: What it writes.
        inputs: What it reads beside the files that its options name.

    Raises:
        BadParameter: one is an input, as `refuse_overlap` says.
    """
    refuse_overlap([*_inputs.get(), *inputs], outputs)


def refuse_overlap(inputs: Sequence[Place], outputs: Sequence[Place]) -> None:
    """Refuse an output that is an input or another output, by whatever name or link.

    Nor may a folder that is written hold an input, or an output replace a file of a folder that is
    read.

    Raises:
        BadParameter: one is.
    """
    for index, output in enumerate(outputs):
        for other in (*inputs, *outputs[:index]):
            if _same(output.path, other.path):
                raise typer.BadParameter(
                    f"{other.word} and {output.word} are the same file, {str(output.path)!r}: "
                    "they must be different files"
                )
        for read in inputs:
            if _holds(output.path, read.path) or _holds(read.path, output.path):
                raise typer.BadParameter(
                    f"{read.word} and {output.word} are not apart: {str(read.path)!r} and "
                    f"{str(output.path)!r}"
                )


def _places(parameters: Any, given: Given, role: type) -> Iterator[Place]:
    for parameter in parameters:
        details = getattr(parameter.annotation, "__metadata__", ())
        if any(detail is role or isinstance(detail, role) for detail in details):
            value = given[parameter.name]
            for word in value if isinstance(value, list) else [value] if value else []:
                if path := _file(word):
                    yield Place(_word(parameter), path)


def _file(word: str | Path) -> Path | None:
    """The file that it names, or that has what it names; a preset has none."""
    from ..importers.load import may_be_preset
    from ..spec.presets import find_preset

    if isinstance(word, Path):
        return word
    if may_be_preset(word) and (find_preset(word) or not os.path.lexists(word)):
        return None
    from ..importers.torch import file_of

    return file_of(word) or Path(word)


def _word(parameter: inspect.Parameter) -> str:
    """How the command line calls it."""
    for detail in parameter.annotation.__metadata__:
        if type(detail).__name__ == "ArgumentInfo":
            return str(detail.metavar)
    return "--" + parameter.name.replace("_", "-")


def _same(a: Path, b: Path) -> bool:
    """Whether both are one file, now or once they are written."""
    try:
        return _whole(a) == _whole(b) or os.path.samefile(a, b)
    except (OSError, ValueError):  # one is not there yet
        return False


def _holds(folder: Path, path: Path) -> bool:
    """Whether there is a file `path` in `folder` or below it."""
    return os.path.isdir(folder) and os.path.isfile(path) and _whole(folder) in _whole(path).parents


def _whole(path: Path) -> Path:
    return Path(os.path.realpath(path))
