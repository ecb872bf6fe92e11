"""The module that `package.module:name` names. This imports and runs the user's code."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...ir.scope import words
from ...support.errors import SourceError
from ...support.optional import first_line
from .failures import line_of

if TYPE_CHECKING:
    from torch import nn


def made(name: str) -> nn.Module:
    """The module: an instance, or what a class or function gives that is called without arguments.

    The folder in which the command runs is looked at too.

    Args:
        name: Such as `mypkg.nets:build` or `torchvision.models:resnet18`.

    Raises:
        SourceError: there is no such name, or it makes no module.
    """
    from torch import nn

    file, _, attribute = name.partition(":")
    item = _run(name, lambda: _imported(file))
    for part in words(attribute):
        if not hasattr(item, part):
            raise SourceError(f"{name} names nothing: {file} has no {attribute}")
        item = getattr(item, part)
    if not isinstance(item, nn.Module) and callable(item):
        function = item
        item = _run(name, lambda: function())
    if not isinstance(item, nn.Module):
        raise SourceError(
            f"{name} is no network but a {type(item).__name__}",
            fix="a torch.nn.Module, its class, or a function that makes one without arguments",
        )
    return item


def _imported(name: str) -> Any:
    here = str(Path.cwd())
    added = here not in sys.path
    if added:
        sys.path.insert(0, here)
    try:
        return import_module(name)
    finally:
        if added and here in sys.path:
            sys.path.remove(here)


def _run(name: str, call: Any) -> Any:
    """What the user's code gives; its errors with the line that they come from.

    Raises:
        SourceError: it raises an error, or exits.
    """
    try:
        return call()
    except (Exception, SystemExit) as error:
        raise SourceError(
            f"{name} cannot be made",
            where=line_of(error),
            why=f"{type(error).__name__}: {first_line(error)}",  # type: ignore[arg-type]
        ) from None
