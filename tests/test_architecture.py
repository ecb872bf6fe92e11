"""Imports run one way, and the parts are found by their files."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import networkx
import pytest
from conftest import ROOT

import henet_arch as ha
from henet_arch.spec.families import families, family, networks
from henet_arch.support import plugins as discovery
from henet_arch.support.errors import PluginError, UnknownNameError

LAYERS = ["text", "errors", "limits", "dims", "layer", "layers", "graph"]
"""From the bottom up: a module may import those before it."""
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


@pytest.mark.parametrize("name", LAYERS)
def test_the_core_is_layered(name: str) -> None:
    assert _inside(name) <= set(LAYERS[: LAYERS.index(name)])


@pytest.mark.parametrize("name", FILES)
def test_the_core_names_rules_renderers_and_emitters_only_as_text(name: str) -> None:
    if name.split(".")[0] not in PARTS:
        assert not {i for i in _inside(name) if i.split(".")[0] in PARTS}


@pytest.mark.parametrize("name", [n for n in FILES if n.split(".")[0] in PARTS])
def test_parts_import_the_core_by_relative_imports(name: str) -> None:
    assert "henet_arch" not in _outside(name, typing=True)
    others = {i.split(".")[0] for i in _inside(name)} & set(PARTS)
    assert others <= {name.split(".")[0]}


RUNNERS = {"torch", "lightning", "safetensors", "sklearn", "scipy", "matplotlib", "numpy"}


@pytest.mark.parametrize("name", FILES)
def test_torch_and_sympy_stay_where_they_belong(name: str) -> None:
    if name.split(".")[0] != "runtime":
        assert not RUNNERS & _outside(name)
    if name.split(".")[0] != "symbolic":
        assert "sympy" not in _outside(name)


@pytest.mark.parametrize("name", [n for n in FILES if n.split(".")[0] not in ("cli", "runtime")])
def test_what_runs_networks_is_known_to_the_command_line_alone(name: str) -> None:
    assert not {i for i in _inside(name) if i.split(".")[0] == "runtime"}


@pytest.mark.parametrize("name", [n for n in FILES if not n.startswith("cli") and n != "__main__"])
def test_the_library_does_not_know_its_command_line(name: str) -> None:
    assert not {i for i in _inside(name) if i.split(".")[0] == "cli"}
    assert "typer" not in _outside(name)


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
        assert list(discovery.files(part)) == expected
    assert {"henet", "resnet", "shufflenet", "shufflenet-v1"} <= set(families())
    with pytest.raises(UnknownNameError, match="nothing in rules is named 'hnet'"):
        discovery.load("rules", "hnet")


def test_run_time_imports_have_no_circles() -> None:
    graph = networkx.DiGraph((name, other) for name in FILES for other in _inside(name) if name)
    assert not list(networkx.simple_cycles(graph))


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
    caches = (discovery.plugins, discovery.load, families, family, networks)
    for cached in caches:
        cached.cache_clear()
    try:
        assert families()["mine"] is families()["henet"]
        assert ha.build(ha.Spec(family="mine")).family == "mine"
        assert "bad" not in families()
        with pytest.raises(PluginError, match=r"'bad' cannot be imported: No module named"):
            discovery.load("rules", "bad")
    finally:
        for cached in caches:
            cached.cache_clear()
