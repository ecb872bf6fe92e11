"""What is packed: the sdist builds, and its wheel holds the right files and no others."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from itertools import chain
from pathlib import Path

import pytest
from checkout import ROOT

_PACKED = (
    "henet_arch", "rules", "renderers", "emitters", "pyproject.toml", "README.md", "LICENSE",
)  # fmt: skip

_SUFFIXES = {
    ".safetensors",
    ".py",
    ".csv",
    ".typed",
    ".html",
    ".css",
    ".js",
    ".LICENSE",
    ".h",
    ".c",
    ".txt",
    ".md",
    ".cmake",
    ".pc",
    ".toml",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built from the sdist, as `python -m build` does."""
    pytest.importorskip("build")
    source = tmp_path_factory.mktemp("source")
    for name in _PACKED:
        path = ROOT / name
        copy = shutil.copytree if path.is_dir() else shutil.copy
        copy(path, source / name)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", "out", "."]
    subprocess.run(command, cwd=source, check=True, capture_output=True, timeout=300)
    return zipfile.ZipFile(next((source / "out").glob("*.whl")))


def test_nothing_but_the_package_is_at_the_top(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"henet_arch"}


def test_every_module_is_packed_once(wheel: zipfile.ZipFile) -> None:
    expected = set()
    for folder in ("henet_arch", "rules", "renderers", "emitters"):
        prefix = "" if folder == "henet_arch" else "henet_arch/"
        paths = [
            p for p in (ROOT / folder).rglob("*") if p.suffix in _SUFFIXES or p.name == "Makefile"
        ]
        expected |= {prefix + path.relative_to(ROOT).as_posix() for path in paths}
    packed = [name for name in wheel.namelist() if ".dist-info/" not in name]
    assert sorted(packed) == sorted(expected)
    assert "henet_arch/py.typed" in packed


def test_licence_and_command_are_packed(wheel: zipfile.ZipFile) -> None:
    files = {Path(name).name: name for name in wheel.namelist() if ".dist-info/" in name}
    assert wheel.read(files["LICENSE"]) == (ROOT / "LICENSE").read_bytes()
    assert {"cytoscape.LICENSE", "dagre.LICENSE"} <= files.keys()
    assert b"henet-arch = henet_arch.cli:main" in wheel.read(files["entry_points.txt"])
    metadata = wheel.read(files["METADATA"]).decode()
    for extra in ("weights", "torch", "train", "dev", "all"):
        assert f"Provides-Extra: {extra}\n" in metadata


def test_the_minimums_are_those_that_are_tested() -> None:
    """What `make minimum` installs is the lowest that pyproject.toml allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [project["optional-dependencies"][name] for name in ("budget", "onnx", "weights")]
    allowed = {
        name.lower(): version
        for line in chain(project["dependencies"], *extras)
        for name, version in re.findall(r"^([\w-]+)>=([\d.]+)$", line)
    }
    text = (ROOT / "constraints-minimum.txt").read_text("utf-8").lower()
    tested = dict(re.findall(r"(?m)^([\w-]+)==([\d.]+)$", text))
    assert allowed.keys() <= tested.keys()
    differ = [n for n in allowed if not f"{tested[n]}.0.0".startswith(f"{allowed[n]}.")]
    assert differ == []
