"""Imports run one way, and the parts are found by their files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import networkx
import pytest
from conftest import ROOT

import henet_arch as ha
from henet_arch.spec.families import FAMILIES, families, family, networks
from henet_arch.support import plugins
from henet_arch.support.errors import PluginError, UnknownNameError

FLOORS = (
    {"support"},
    {"ir"},
    {"conventions", "results", "spec", "rules", "importers"},
    {"analyzers"},
    {"views", "lints", "lowering", "symbolic"},
    {"comparison", "search", "papers"},
    {"emitters", "runtime"},
    {"renderers", "training"},
    {"forms"},
    {"api"},
    {"cli", "__main__"},
)
"""The folders and modules of henet_arch from the bottom up: each imports its own floor and those
below."""
UPWARDS: set[str] = set()
PARTS = ("rules", "renderers", "emitters")


def _files() -> dict[str, Path]:
    """Every module by its dotted name below henet_arch."""
    found = {}
    for folder in ("henet_arch", *PARTS):
        for path in (ROOT / folder).rglob("*.py"):
            relative = path.relative_to(ROOT).with_suffix("").parts
            parts = relative[1:] if folder == "henet_arch" else relative
            found[".".join(part for part in parts if part != "__init__")] = path
    return found


def _imports(name: str, path: Path, *, typing: bool = False) -> Iterator[str]:
    """The modules below henet_arch, or outside it, that a file imports when it runs."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            child.parent = node  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        if _only_for_types(node) and not typing:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif not node.level:
            yield node.module or ""
        else:
            parts = package.split(".") if package else []
            base = parts[: len(parts) - (node.level - 1)]
            stem = [*base, *((node.module or "").split(".") if node.module else [])]
            yield from (
                _known(".".join([*stem, alias.name]), ".".join(stem)) for alias in node.names
            )


def _known(longer: str, shorter: str) -> str:
    return "./" + (longer if longer in FILES else shorter)


def _only_for_types(node: ast.AST) -> bool:
    while node := getattr(node, "parent", None):  # type: ignore[assignment]
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            return True
    return False


FILES = _files()


@cache
def _inside(name: str) -> set[str]:
    return {i.removeprefix("./") for i in _imports(name, FILES[name]) if i.startswith("./")}


@cache
def _outside(name: str, *, typing: bool = False) -> set[str]:
    found = _imports(name, FILES[name], typing=typing)
    return {i.split(".")[0] for i in found if not i.startswith("./")}


def _floor(name: str) -> int:
    first = name.split(".")[0]
    return next((n for n, floor in enumerate(FLOORS) if first in floor), len(FLOORS))


def _circles(imports: dict[str, set[str]]) -> list[list[str]]:
    pairs = ((name, other) for name, others in imports.items() for other in others if name)
    return list(networkx.simple_cycles(networkx.DiGraph(pairs)))


def test_imports_run_one_way() -> None:
    upwards = {
        f"{name} -> {other}"
        for name in FILES
        for other in _inside(name)
        if name and other and _floor(other) > _floor(name)
    }
    assert upwards == UPWARDS


def test_every_folder_has_its_floor() -> None:
    assert not {name for name in FILES if name and _floor(name) == len(FLOORS)}


def test_run_time_imports_have_no_circles() -> None:
    imports = {name: _inside(name) for name in FILES}
    assert not _circles(imports)
    planted = imports | {"ir.dims": {*imports["ir.dims"], "ir.graph"}}
    assert _circles(planted)


def test_parts_are_imported_relatively_and_apart() -> None:
    absolute = {name for name in FILES if "henet_arch" in _outside(name, typing=True)}
    assert not absolute
    for part in PARTS:
        inside = {i.split(".")[0] for n in FILES if n.split(".")[0] == part for i in _inside(n)}
        assert not inside & ({*PARTS, "runtime", "cli"} - {part})


ROOMS = {
    "torch": {"runtime", "training"},
    "lightning": {"training"},
    "safetensors": {"runtime", "training"},
    "sklearn": {"training"},
    "scipy": {"training"},
    "matplotlib": {"renderers.plot"},
    "sympy": {"symbolic", "ir.open_divisors"},
    "typer": {"cli"},
}
"""What is imported in some folders or modules alone."""


@pytest.mark.parametrize("package", ROOMS)
def test_heavy_packages_stay_where_they_belong(package: str) -> None:
    elsewhere = {
        name
        for name in FILES
        if package in _outside(name)
        and not any(f"{name}.".startswith(f"{room}.") for room in ROOMS[package])
    }
    assert not elsewhere


@pytest.mark.parametrize("name", ha._MODULES)
def test_public_names_are_there_and_documented(name: str) -> None:
    assert getattr(ha, name).__doc__
    assert name in dir(ha)


def test_other_names_are_not_there() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'analyse'"):
        ha.analyse  # noqa: B018


def test_parts_are_found_by_their_files() -> None:
    for part in PARTS:
        folders = (p.parent.name for p in (ROOT / part).glob("*/__init__.py"))
        stems = (p.stem for p in (ROOT / part).glob("*.py"))
        names = (name for name in (*stems, *folders) if name[0] != "_")
        expected = sorted(name.replace("_", "-") for name in names)
        assert list(plugins.files(part)) == expected
    assert {"henet", "resnet", "shufflenet", "shufflenet-v1"} <= set(families())
    with pytest.raises(UnknownNameError, match="unknown family 'hnet'"):
        FAMILIES["hnet"]


def test_other_packages_add_parts_by_entry_points(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mynet.py").write_text("from henet_arch.rules.henet import FAMILY\n")
    (tmp_path / "broken.py").write_text("import nothing_of_that_name\n")
    monkeypatch.syspath_prepend(tmp_path)
    points = [
        SimpleNamespace(name="mine", module="mynet"),
        SimpleNamespace(name="bad", module="broken"),
    ]
    monkeypatch.setattr(
        "importlib.metadata.entry_points",
        lambda group: points if group == "henet_arch.rules" else [],
    )
    caches = (plugins.announced, families, family, networks)
    for cached in caches:
        cached.cache_clear()
    try:
        assert families()["mine"] is families()["henet"]
        assert ha.build(ha.Spec(family="mine")).family == "mine"
        assert "bad" not in families()
        with pytest.raises(PluginError, match=r"'bad' cannot be imported: No module named"):
            FAMILIES["bad"]
    finally:
        for cached in caches:
            cached.cache_clear()


_TAKES_NAMES_APART = re.compile(
    r"""split\("\."\)|partition\("\."\)|(startswith|removeprefix)\(f"\{[\w.]+\}\."\)"""
)


def _takes_names_apart(sources: dict[str, str]) -> set[str]:
    return {
        name
        for name, source in sources.items()
        if name not in ("ir.scope", "support.optional") and _TAKES_NAMES_APART.search(source)
    }


def test_only_one_module_takes_layers_names_apart() -> None:
    sources = {name: path.read_text("utf-8") for name, path in FILES.items()}
    assert not _takes_names_apart(sources)
    for planted in ('name.split(".")', 'x.rpartition(".")[0]', 'n.startswith(f"{scope}.")'):
        assert _takes_names_apart(sources | {"ir.graph": planted}) == {"ir.graph"}
