"""Imports run one way, by whatever way a module is loaded, and parts are found by their files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import networkx as nx
import pytest
from checkout import ROOT
from house import FOLDERS, HOUSE, House

import henet_arch as ha
from henet_arch.forms import DRAWINGS, REPORTS
from henet_arch.spec.families import FAMILIES, families, family, networks
from henet_arch.support import plugins
from henet_arch.support.errors import PluginError, UnknownNameError

FLOORS = (
    {"support"},
    {"ir"},
    {"conventions", "results", "spec", "rules", "importers", "weights"},
    {"analyzers"},
    {"views", "lints", "lowering", "symbolic"},
    {"comparison", "search", "papers"},
    {"emitters", "runtime"},
    {"renderers", "training"},
    {"forms"},
    {"api"},
    {"cli", "__main__"},
    {""},
)
"""The folders and modules of henet_arch from the bottom up: each imports its own floor and those
below. The package itself, which resolves its public names lazily, is the roof."""
ROOMS = {
    "cv2": {"runtime.caffe"},
    "torch": {"importers._torch", "runtime", "training"},
    "lightning": {"training"},
    "safetensors": {"runtime", "training"},
    "sklearn": {"training"},
    "scipy": {"papers.accuracies", "training"},
    "matplotlib": {"renderers.plot"},
    "sympy": {"symbolic", "ir.open_divisors"},
    "typer": {"cli"},
}
"""What is imported in some folders or modules alone."""
CIRCULAR = {"comparison", "runtime", "spec"}
"""Folders whose rooms need one another; no other is to become one."""
LOADERS = {"", "importers._torch.factory", "runtime.c", "support.optional", "support.plugins"}
"""What loads modules by names that it computes: tables of lazy names, packages, registries."""


def _floor(name: str) -> int | None:
    first = name.split(".")[0]
    return next((n for n, floor in enumerate(FLOORS) if first in floor), None)


def _upwards(house: House) -> set[str]:
    """The imports that run up, those for types alone too."""
    floors = {name: _floor(name) or 0 for name in house.names}
    return {
        f"{name} -> {other}"
        for name, other in house.pairs(typing=True)
        if floors[other] > floors[name]
    }


def test_every_module_has_its_floor() -> None:
    assert not {name for name in HOUSE.names if _floor(name) is None}


def test_imports_run_one_way() -> None:
    assert not _upwards(HOUSE)


def test_rooms_of_a_folder_need_one_another_one_way() -> None:
    """What lies side by side in a folder, subfolders as one; imports for types count too."""
    circular = set()
    for folder in {name.split(".")[0] for name in HOUSE.names if "." in name}:
        inside = [pair for pair in HOUSE.pairs(typing=True) if _both_in(folder, *pair)]
        rooms = {(name.split(".")[1], other.split(".")[1]) for name, other in inside}
        graph = nx.DiGraph((one, other) for one, other in rooms if one != other)
        if not nx.is_directed_acyclic_graph(graph):
            circular.add(folder)
    assert circular == CIRCULAR


def _both_in(folder: str, *names: str) -> bool:
    return all(name.startswith(f"{folder}.") for name in names)


def test_no_module_loads_itself_by_others() -> None:
    assert not HOUSE.circles()


UPWARD = {
    "import": ("support.files", "from ..ir.graph import Graph"),
    "import in a function": ("ir.dims", "def f():\n    from ..api import draw"),
    "import for types": ("ir.dims", "if TYPE_CHECKING:\n    from ..spec.spec import Spec"),
    "registry": ("results.table", 'Parts("renderers", "REPORT", "form")'),
    "call": ("spec.spec", 'import_module("henet_arch.analyzers.report")'),
}
CIRCLES = {
    "import": ("ir.dims", "from .graph import Graph"),
    "import in a function": ("ir.dims", "def f():\n    from . import serialize"),
    "registry": ("spec.spec", 'Parts("rules", "FAMILY", "family")'),
    "call": ("analyzers.memory", 'import_module("henet_arch.analyzers.report")'),
    "through the package": ("results.table", "from .. import build"),
}


@pytest.mark.parametrize("way", UPWARD)
def test_an_upward_import_is_seen(way: str) -> None:
    assert _upwards(HOUSE.planted(*UPWARD[way]))


@pytest.mark.parametrize("way", CIRCLES)
def test_a_circle_is_seen(way: str) -> None:
    assert HOUSE.planted(*CIRCLES[way]).circles()


def test_names_of_modules_are_computed_in_few_places() -> None:
    assert set(HOUSE.computed) == LOADERS


def test_every_kind_of_parts_has_one_registry() -> None:
    counts = Counter(HOUSE.registries)
    assert not {kind for kind, count in counts.items() if count > 1}
    assert {("rules", "FAMILY"), ("lints", "RULE"), ("renderers", "REPORT")} <= set(counts)


def test_modules_import_one_another_relatively() -> None:
    assert not {
        name
        for name, imports in HOUSE.imports.items()
        if any(each.target == "henet_arch" and not each.inside for each in imports)
    }


def test_rules_renderers_and_emitters_stand_apart() -> None:
    for folder in FOLDERS:
        inside = {
            other.split(".")[0]
            for name, other in HOUSE.pairs(typing=False)
            if name.split(".")[0] == folder
        }
        assert not inside & ({*FOLDERS, "runtime", "cli"} - {folder})


def test_heavy_packages_stay_where_they_belong() -> None:
    assert not {
        f"{name} imports {each.target}"
        for name, imports in HOUSE.imports.items()
        for each in imports
        if not each.inside and not each.typing and each.target in ROOMS
        if not any(f"{name}.".startswith(f"{room}.") for room in ROOMS[each.target])
    }


def test_public_names_are_there_and_documented() -> None:
    assert not [name for name in ha._MODULES if not getattr(ha, name).__doc__]
    assert set(ha._MODULES) <= set(dir(ha))


def test_other_names_are_not_there() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'analyse'"):
        ha.analyse  # noqa: B018


def test_parts_are_found_by_their_files() -> None:
    for folder in FOLDERS:
        folders = (p.parent.name for p in (ROOT / folder).glob("*/__init__.py"))
        stems = (p.stem for p in (ROOT / folder).glob("*.py"))
        names = (name for name in (*stems, *folders) if name[0] != "_")
        assert list(plugins.files(folder)) == sorted(name.replace("_", "-") for name in names)
    assert {"henet", "resnet", "shufflenet", "shufflenet-v1"} <= set(families())
    assert "grouping" not in FAMILIES
    with pytest.raises(UnknownNameError, match="unknown family 'hnet'"):
        FAMILIES["hnet"]


def test_other_packages_add_parts_by_entry_points(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mynet.py").write_text("from henet_arch.rules.henet import FAMILY\n")
    (tmp_path / "broken.py").write_text("import nothing_of_that_name\n")
    (tmp_path / "other.py").write_text("from henet_arch.renderers.csv import REPORT\n")
    (tmp_path / "wrong.py").write_text("REPORT = print\n")
    monkeypatch.syspath_prepend(tmp_path)
    announced = {
        "henet_arch.rules": {"mine": "mynet", "bad": "broken"},
        "henet_arch.renderers": {"other": "other", "wrong": "wrong"},
    }
    monkeypatch.setattr(
        "importlib.metadata.entry_points",
        lambda group: [
            SimpleNamespace(name=name, module=module)
            for name, module in announced.get(group, {}).items()
        ],
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
        assert REPORTS["other"] is REPORTS["csv"]
        assert "other" not in DRAWINGS
        with pytest.raises(UnknownNameError, match="unknown drawing form 'other'"):
            DRAWINGS["other"]
        assert "wrong" not in REPORTS
        with pytest.raises(PluginError, match="REPORT of the report form 'wrong' is no ReportForm"):
            REPORTS["wrong"]
    finally:
        for cached in caches:
            cached.cache_clear()


_TAKES_NAMES_APART = re.compile(
    r"""split\("\."\)|partition\("\."\)|(startswith|removeprefix)\(f"\{[\w.]+\}\."\)"""
)


def _takes_names_apart(sources: Mapping[str, str]) -> set[str]:
    return {
        name
        for name, source in sources.items()
        if name not in ("ir.scope", "support.optional") and _TAKES_NAMES_APART.search(source)
    }


def test_only_one_module_takes_layers_names_apart() -> None:
    assert not _takes_names_apart(HOUSE.sources)
    for planted in ('name.split(".")', 'x.rpartition(".")[0]', 'n.startswith(f"{scope}.")'):
        assert _takes_names_apart({**HOUSE.sources, "ir.graph": planted}) == {"ir.graph"}
