"""Parts by name: rules, renderers, emitters, analyses, and whatever else one file adds.

A part is a module of a folder that defines the attribute of its kind, or a module of another
package that announces it under the entry-point group `henet_arch.<folder>` (`henet_arch.rules`,
...). A file's name has underscores where the part's name has dashes: `shufflenet_v1.py` is
`shufflenet-v1`. What a folder's files define is read and not run, so that listing parts loads none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, Generic, TypeVar, cast

from .errors import PluginError, UnknownNameError, nearest

T = TypeVar("T")


@cache
def files(folder: str) -> tuple[str, ...]:
    """The names of the modules in `henet_arch.<folder>`, sorted; not those with an underscore."""
    package = import_module(f"henet_arch.{folder}")
    names = (module.name for module in iter_modules(package.__path__))
    return tuple(sorted(name.replace("_", "-") for name in names if not name.startswith("_")))


@cache
def defines(folder: str, name: str, attribute: str) -> bool:
    """Whether the file `name` of a folder defines `attribute`, as its text says."""
    spec = find_spec(_own_module(folder, name))
    source = getattr(spec and spec.loader, "get_source", lambda module: None)
    text = source(_own_module(folder, name))
    return text is None or bool(re.search(rf"(?m)^(?:def |class )?{attribute}\b", text))


@cache
def announced(folder: str) -> dict[str, str]:
    """The modules that other packages announce as parts, by name."""
    from importlib.metadata import entry_points

    return {point.name: point.module for point in entry_points(group=_group(folder))}


class Parts(Generic[T]):
    """The parts of one kind, by name: those of a folder, then those of other packages.

    Other packages are looked at only when no file answers, since that costs more than the rest of
    the start-up.

    Args:
        folder: the folder below `henet_arch`, with dots; its last name is the entry-point group's.
        attribute: what a module of the folder must define to be a part, and what `T` is.
        noun: what a part is called in messages.
        of: the class of every part.
    """

    def __init__(self, folder: str, attribute: str, noun: str, *, of: type[Any] = object) -> None:
        self.folder = folder
        self.attribute = attribute
        self.noun = noun
        self._of = of

    def __getitem__(self, name: str) -> T:
        """The part `name`.

        Raises:
            UnknownNameError: there is none.
            PluginError: another package announces it, and it cannot be used.
        """
        part = self._part(name)
        if part is None:
            raise UnknownNameError(f"unknown {self.noun} {name!r}", fix=nearest(str(name), self))
        return part

    def __contains__(self, name: object) -> bool:
        return self._is_own(name) or self._is_announced(name)

    def __iter__(self) -> Iterator[str]:
        """The names of all parts; a part of another package that cannot be used has none."""
        yield from self.own
        yield from filter(self._is_announced, announced(self.folder))

    def items(self) -> Iterator[tuple[str, T]]:
        """All parts with their names; one of another package that cannot be used is left out."""
        return ((name, self[name]) for name in self)

    @property
    def own(self) -> tuple[str, ...]:
        """The names of the folder's own parts; no other package is looked at."""
        return tuple(filter(self._is_own, self.files))

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the folder's own modules, of which some may be no parts."""
        return files(self.folder)

    @property
    def group(self) -> str:
        """The entry-point group by which other packages announce theirs."""
        return _group(self.folder)

    def _part(self, name: object) -> T | None:
        part = getattr(self._module(name), self.attribute, None)
        if part is not None and not isinstance(part, self._of):
            raise PluginError(
                f"{self.attribute} of the {self.noun} {name!r} is no {self._of.__name__}",
                where=f"entry point {name} of {self.group}",
            )
        return cast("T | None", part)

    def _module(self, name: object) -> ModuleType | None:
        if not isinstance(name, str):
            return None
        if self._is_own(name):
            return import_module(_own_module(self.folder, name))
        return _announced_module(self.folder, name) if name in announced(self.folder) else None

    def _is_own(self, name: object) -> bool:
        is_file = isinstance(name, str) and name in self.files
        return is_file and defines(self.folder, str(name), self.attribute)

    def _is_announced(self, name: object) -> bool:
        """Whether another package has a part of that name, which is loaded for it."""
        with suppress(PluginError):
            return not self._is_own(name) and self._part(name) is not None
        return False


def _own_module(folder: str, name: str) -> str:
    return f"henet_arch.{folder}.{name.replace('-', '_')}"


def _announced_module(folder: str, name: str) -> ModuleType:
    module = announced(folder)[name]
    try:
        return import_module(module)
    except Exception as error:  # whatever another package does when it is imported
        raise PluginError(
            f"the plugin {name!r} cannot be imported: {error}",
            where=f"module {module}, entry point of {_group(folder)}",
            fix="repair or remove the package that brings it",
        ) from error


def _group(folder: str) -> str:
    """The entry-point group of a folder: `runtime.runners` has `henet_arch.runners`."""
    return f"henet_arch.{folder.rpartition('.')[2]}"
