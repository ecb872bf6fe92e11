"""The module that is given, or that `package.module:name` names, whose code is run for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from ...ir.scope import leaf, outermost, parent, scopes, words
from ...support.errors import SourceError, nearest
from ...support.optional import first_line
from .failures import line_of

if TYPE_CHECKING:
    from torch import nn

_WANTED = "a torch.nn.Module, its class, or a function that makes one without arguments"
_SEARCHED = "Python looks in the current folder, those of PYTHONPATH, and its installed packages"


def module_of(source: Any) -> nn.Module:
    """The module that is given or named; the one inside where it runs copies of that one.

    Raises:
        SourceError: there is no such name, or it makes no module.
    """
    from torch.nn import parallel

    module: Any = made(source) if isinstance(source, str) else source
    copying = (parallel.DataParallel, parallel.DistributedDataParallel)
    return module.module if isinstance(module, copying) else module  # type: ignore[no-any-return]


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
    with _from_here():
        item = _run(name, f"import {file}", lambda: _imported(file))
        for part in words(attribute):
            if not hasattr(item, part):
                names = _offered(item)
                raise SourceError(
                    f"{name} names nothing: {file} has no {attribute}",
                    fix=nearest(part, names) if names else _WANTED,
                )
            item = getattr(item, part)
        verb = "is"
        if not isinstance(item, nn.Module) and callable(item):
            item, verb = _run(name, f"import {file}; {file}.{attribute}()", item), "gives"
    if not isinstance(item, nn.Module):
        raise SourceError(
            f"{name} {verb} no network, but a value of the type {type(item).__name__}", fix=_WANTED
        )
    return item


@contextmanager
def _from_here() -> Iterator[None]:
    """Modules within are found in the current folder too."""
    here = str(Path.cwd())
    added = here not in sys.path
    if added:
        sys.path.insert(0, here)
    try:
        yield
    finally:
        if added and here in sys.path:
            sys.path.remove(here)


def _imported(name: str) -> Any:
    """The module of that name.

    Raises:
        SourceError: there is none; other errors are those of its own code.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in (*scopes(name), name):  # one that the module's own code imports
            raise
        raise _missing(error.name) from None


def _missing(name: str) -> SourceError:
    """What to say of a module that is not found, and of those that are beside it."""
    package = parent(name)
    if not package:
        return SourceError(
            f"there is no module {name}",
            why=_SEARCHED,
            fix=f"run in its folder, or add that to PYTHONPATH; {nearest(name, _beside())}",
        )
    inside = getattr(sys.modules.get(package), "__path__", None)
    if inside is None:
        return SourceError(
            f"there is no module {name}: {package} is one file", fix=f"{package}:NAME"
        )
    names = (module.name for module in iter_modules(inside))
    return SourceError(
        f"there is no module {leaf(name)} in {package}", fix=nearest(leaf(name), names)
    )


def _beside() -> list[str]:
    """The modules in the current folder and in those of PYTHONPATH."""
    folders = [str(Path.cwd()), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return [module.name for module in iter_modules(filter(None, folders))]


def _offered(item: Any) -> list[str]:
    """The names in a module or class that can be networks, but those it has from elsewhere."""
    from torch import nn

    root = outermost(getattr(item, "__name__", ""))
    values = {name: getattr(item, name, None) for name in dir(item) if not name.startswith("_")}
    return [
        name
        for name, value in values.items()
        if isinstance(value, nn.Module)
        or (callable(value) and outermost(str(getattr(value, "__module__", ""))) == root)
    ]


def _run(name: str, statements: str, call: Callable[[], Any]) -> Any:
    """What the user's code gives; its errors with the line that they come from.

    Args:
        name: What names the network.
        statements: What does the same in Python.
        call: Runs the code.

    Raises:
        SourceError: it raises an error, or exits.
    """
    try:
        return call()
    except SourceError:
        raise
    except (Exception, SystemExit) as error:
        where = line_of(error)
        raise SourceError(
            f"{name} cannot be made",
            where=where,
            why=f"{type(error).__name__}: {first_line(error)}",  # type: ignore[arg-type]
            fix=f'python -c "{statements}" shows more' if where else _WANTED,
        ) from None
