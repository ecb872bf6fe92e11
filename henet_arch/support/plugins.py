"""Finds the parts of a folder (rules, renderers, emitters, analyzers, ...) by their files' names.

A part is a module of the folder, or of another package that announces it under the entry-point
group of the same name (`henet_arch.rules`, ...). Files come first; entry points are only looked at
when no file answers, since reading them costs more than the rest of the start-up. A file's name has
underscores where the part's name has dashes: `shufflenet_v1.py` is `shufflenet-v1`.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from .errors import PluginError, UnknownNameError, nearest


@cache
def files(folder: str) -> tuple[str, ...]:
    """The names of the parts in `henet_arch.<folder>`, sorted."""
    package = import_module(f"henet_arch.{folder}")
    found = (module.name for module in iter_modules(package.__path__))
    return tuple(sorted(name.replace("_", "-") for name in found if not name.startswith("_")))


@cache
def plugins(folder: str) -> dict[str, str]:
    """Parts announced by other packages: name -> module."""
    from importlib.metadata import entry_points

    return {point.name: point.module for point in entry_points(group=f"henet_arch.{folder}")}


@cache
def load(folder: str, name: str) -> ModuleType:
    """The module `name` of `folder`.

    Raises:
        UnknownNameError: neither a file nor a plugin has that name.
        PluginError: another package announces it, and it cannot be imported.
    """
    if name in files(folder):
        return import_module(f"henet_arch.{folder}.{name.replace('-', '_')}")
    if name not in plugins(folder):
        known = (*files(folder), *plugins(folder))
        raise UnknownNameError(f"nothing in {folder} is named {name!r}", fix=nearest(name, known))
    module = plugins(folder)[name]
    try:
        return import_module(module)
    except Exception as error:  # whatever another package does when it is imported
        raise PluginError(
            f"the plugin {name!r} cannot be imported: {error}",
            where=f"module {module}, entry point of henet_arch.{folder}",
            fix="repair or remove the package that brings it",
        ) from error


def form(name: str, attribute: str, what: str, hidden: Collection[str] = ()) -> ModuleType:
    """The renderer `name`, which must define `attribute` to make `what`, and is not `hidden`.

    Raises:
        UnknownNameError: there is none.
    """
    with suppress(UnknownNameError):
        module = load("renderers", name)
        if hasattr(module, attribute) and name not in hidden:
            return module
    known = ", ".join(n for n in with_attribute("renderers", attribute) if n not in hidden)
    raise UnknownNameError(f"unknown form {name[:99]!r} for {what}", fix=f"known names: {known}")


def with_attribute(folder: str, attribute: str) -> dict[str, ModuleType]:
    """All modules of `folder` that define `attribute`; a plugin that is broken is left out."""
    found = {}
    for name in dict.fromkeys((*files(folder), *plugins(folder))):
        with suppress(PluginError):
            module = load(folder, name)
            if hasattr(module, attribute):
                found[name] = module
    return found
