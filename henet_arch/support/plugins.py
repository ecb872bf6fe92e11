"""Parts by name: rules, renderers, emitters, analyses, and whatever else one file adds.

A part is a module of a folder, or of another package that announces it under the entry-point group
`henet_arch.<folder>` (`henet_arch.rules`, ...). A file's name has underscores where the part's name
has dashes: `shufflenet_v1.py` is `shufflenet-v1`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module
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
def announced(folder: str) -> dict[str, str]:
    """The modules that other packages announce as parts, by name."""
    from importlib.metadata import entry_points

    return {point.name: point.module for point in entry_points(group=_group(folder))}


class Parts(Generic[T]):
    """The parts of one kind, by name: those of a folder, then those of other packages.

    Other packages are looked at only when no file answers, since that costs more than the rest of
    the start-up. A module without the attribute is no part.

    Args:
        folder: the folder below `henet_arch`, with dots; its last name is the entry-point group's.
        attribute: what a module of the folder must define to be a part, and what `T` is.
        noun: what a part is called in messages.
        of: the class of every part.
        unloaded: whether every module of the folder is a part, so that listing them loads none.
    """

    def __init__(
        self,
        folder: str,
        attribute: str,
        noun: str,
        *,
        of: type[Any] = object,
        unloaded: bool = False,
    ) -> None:
        self.folder = folder
        self.attribute = attribute
        self.noun = noun
        self._of = of
        self._unloaded = unloaded

    def __getitem__(self, name: str) -> T:
        """The part `name`.

        Raises:
            UnknownNameError: there is none.
            PluginError: another package announces it, and it cannot be used.
        """
        module = self._module(name)
        if module is None:
            raise UnknownNameError(f"unknown {self.noun} {name!r}", fix=nearest(str(name), self))
        part = getattr(module, self.attribute, None)
        if part is None or not isinstance(part, self._of):
            kind = "" if self._of is object else f" that is a {self._of.__name__}"
            raise PluginError(
                f"the {self.noun} {name!r} has no {self.attribute}{kind}",
                where=f"module {module.__name__}",
            )
        return cast("T", part)

    def __contains__(self, name: object) -> bool:
        if self._unloaded:
            return name in self._candidates()
        with suppress(PluginError):
            return self._module(name) is not None
        return False

    def __iter__(self) -> Iterator[str]:
        """The names of all parts; a part of another package that cannot be used has none."""
        if self._unloaded:
            return iter(self._candidates())
        return (name for name, _ in self.items())

    def items(self) -> Iterator[tuple[str, T]]:
        """All parts with their names; one of another package that cannot be used is left out."""
        for name in self._candidates():
            with suppress(PluginError):
                if self._module(name) is not None:
                    yield name, self[name]

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the folder's own modules, of which some may be no parts."""
        return files(self.folder)

    @property
    def group(self) -> str:
        """The entry-point group by which other packages announce theirs."""
        return _group(self.folder)

    def _candidates(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*files(self.folder), *announced(self.folder))))

    def _module(self, name: object) -> ModuleType | None:
        """The module that defines the part; of an `unloaded` kind, that should."""
        if not isinstance(name, str):
            return None
        if name in files(self.folder):
            module = import_module(f"henet_arch.{self.folder}.{name.replace('-', '_')}")
            if self._is_part(module):
                return module
        if name in announced(self.folder):
            module = _announced_module(self.folder, name)
            if self._is_part(module):
                return module
        return None

    def _is_part(self, module: ModuleType) -> bool:
        return self._unloaded or hasattr(module, self.attribute)


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
