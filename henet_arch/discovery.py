"""Finds rules, renderers, emitters, analyzers and importers by their file's name.

A part is a module of the folder, or of another package that announces it under the entry-point
group of the same name (`henet_arch.rules`, ...). Files come first; entry points are only looked at
when no file answers, since reading them costs more than the rest of the start-up.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from .errors import UnknownNameError, nearest


@cache
def files(folder: str) -> tuple[str, ...]:
    """The names of the modules in `henet_arch.<folder>`, sorted."""
    package = import_module(f"henet_arch.{folder}")
    found = (module.name for module in iter_modules(package.__path__))
    return tuple(sorted(name for name in found if not name.startswith("_")))


@cache
def plugins(folder: str) -> dict[str, str]:
    """Parts announced by other packages: name -> module."""
    from importlib.metadata import entry_points

    return {point.name: point.value for point in entry_points(group=f"henet_arch.{folder}")}


@cache
def load(folder: str, name: str) -> ModuleType:
    """The module `name` of `folder`.

    Raises:
        UnknownNameError: neither a file nor a plugin has that name.
    """
    if name in files(folder):
        return import_module(f"henet_arch.{folder}.{name}")
    if name in plugins(folder):
        return import_module(plugins(folder)[name])
    raise UnknownNameError(
        f"nothing in {folder} is named {name!r}",
        fix=nearest(name, (*files(folder), *plugins(folder))),
    )


def with_attribute(folder: str, attribute: str) -> dict[str, ModuleType]:
    """All modules of `folder`, plugins too, that define `attribute`."""
    names = dict.fromkeys((*files(folder), *plugins(folder)))
    modules = {name: load(folder, name) for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, attribute)}
