"""What the modules of the house import: at run time, for types alone, and by name."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TypeGuard

import networkx
from checkout import ROOT

from henet_arch.support.plugins import defines

FOLDERS = ("rules", "renderers", "emitters")
"""The folders that lie beside henet_arch in a checkout, and inside it once installed."""
LAZY = "_MODULES"
"""The table of names that a package resolves when they are first used."""
PARTS, IMPORT = "Parts", "import_module"
"""What loads modules by name: a registry of parts, and a function."""


def _sources() -> dict[str, str]:
    """The text of every module by its dotted name below henet_arch; packages end in a dot."""
    sources = {}
    for folder in ("henet_arch", *FOLDERS):
        for path in (ROOT / folder).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[1:] if folder == "henet_arch" else parts)
            sources[name.removesuffix("__init__")] = path.read_text("utf-8")
    return sources


@dataclass(frozen=True)
class Import:
    """One import.

    Attributes:
        target: a module below henet_arch; of another package, its first name.
        inside: whether it is below henet_arch.
        typing: whether only type checkers run it.
    """

    target: str
    inside: bool
    typing: bool = False


class House:
    """All modules with their imports.

    Args:
        sources: the text of each module by its dotted name; a package's name ends in a dot.
    """

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.sources = sources
        self.names = {name.removesuffix(".") for name in sources}

    @cached_property
    def imports(self) -> dict[str, set[Import]]:
        """The imports of each module."""
        return {
            name.removesuffix("."): set(self._imports(name, _tree(text)))
            for name, text in self.sources.items()
        }

    @cached_property
    def registries(self) -> list[tuple[str, str]]:
        """The folder and the attribute of each registry of parts."""
        return [_arguments(call) for call in self._calls(PARTS)]

    @cached_property
    def computed(self) -> list[str]:
        """The modules that load others by names that their text does not have."""
        return [
            name.removesuffix(".")
            for name in self.sources
            for call in self._calls(IMPORT, name)
            if not isinstance(call.args[0], ast.Constant)
        ]

    def pairs(self, *, typing: bool) -> set[tuple[str, str]]:
        """Which module imports which other one; with `typing`, for types alone too."""
        return {
            (name, each.target)
            for name, imports in self.imports.items()
            for each in imports
            if each.inside and each.target != name and (typing or not each.typing)
        }

    def circles(self) -> list[list[str]]:
        """Groups of modules of which each imports the next when it runs, and the last the first."""
        graph = networkx.DiGraph(sorted(self.pairs(typing=False)))
        return [sorted(g) for g in networkx.strongly_connected_components(graph) if len(g) > 1]

    def planted(self, name: str, line: str) -> House:
        """The same house with one more line in a module."""
        return House({**self.sources, name: f"{self.sources[name]}\n{line}\n"})

    def _imports(self, name: str, tree: ast.Module) -> Iterator[Import]:
        package = name.rpartition(".")[0]
        typing = {id(node) for block in _typing_blocks(tree) for node in ast.walk(block)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(alias.name.split(".")[0], False, id(node) in typing)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                first = (node.module or "").split(".")[0]
                yield Import(first, False, id(node) in typing)
            elif isinstance(node, ast.ImportFrom):
                for target in self._targets(node, package):
                    yield Import(target, True, id(node) in typing)
            else:
                for target in self._by_name(node, package):
                    yield Import(target, True)

    def _targets(self, node: ast.ImportFrom, package: str) -> Iterator[str]:
        words = package.split(".") if package else []
        base = words[: len(words) - (node.level - 1)] + (node.module or "").split(".")
        stem = ".".join(filter(None, base))
        for alias in node.names:
            longer = f"{stem}.{alias.name}".removeprefix(".")
            yield longer if longer in self.names else stem

    def _by_name(self, node: ast.AST, package: str) -> Iterable[str]:
        """The modules that a registry, a call or a table of names loads."""
        if _calls(node, PARTS):
            return self._parts(*_arguments(node))
        if _calls(node, IMPORT) and isinstance(node.args[0], ast.Constant):
            return [str(node.args[0].value).removeprefix("henet_arch.")]
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == LAZY:
            modules = ast.literal_eval(node.value).values()
            return [f"{package}.{module}".removeprefix(".") for module in modules]
        return []

    def _calls(self, function: str, *names: str) -> Iterator[ast.Call]:
        for name in names or self.sources:
            for node in ast.walk(_tree(self.sources[name])):
                if _calls(node, function):
                    yield node

    def _parts(self, folder: str, attribute: str) -> list[str]:
        stems = {name: name.removeprefix(f"{folder}.") for name in self.names}
        return [
            name
            for name, stem in stems.items()
            if stem != name and "." not in stem and stem[0] != "_"
            if defines(folder, stem, attribute)
        ]


@cache
def _tree(text: str) -> ast.Module:
    return ast.parse(text)


def _calls(node: ast.AST, function: str) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == function


def _arguments(call: ast.Call) -> tuple[str, str]:
    """The folder and the attribute of a registry."""
    folder, attribute = (ast.literal_eval(argument) for argument in call.args[:2])
    return folder, attribute


def _typing_blocks(tree: ast.Module) -> Iterator[ast.stmt]:
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from node.body


HOUSE = House(_sources())
