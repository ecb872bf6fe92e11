"""Every example in the documents works, and prints what stands below it."""

from __future__ import annotations

import doctest
import importlib.util
import re
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest
from checkout import ROOT

import henet_arch as ha
from henet_arch.ir.layer import KINDS
from henet_arch.spec.families import families

_spec = importlib.util.spec_from_file_location("make_docs", ROOT / "docs" / "make.py")
assert _spec
assert _spec.loader
make = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(make)

DOCUMENTS = [pytest.param(path, id=path.name) for path in make.DOCUMENTS]


@pytest.mark.parametrize("path", DOCUMENTS)
def test_commands_print_what_the_document_shows(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert make.rewritten(text) == text


@pytest.mark.parametrize("path", ["README.md", "docs/index.md"])
def test_the_first_commands_work(path: str) -> None:
    """The three commands that a reader sees first; pip has been there already."""
    text = (ROOT / path).read_text("utf-8")
    commands = re.findall(r"(?m)^henet-arch ([^#\n]*)", text)
    assert len(commands) == 3
    assert [command for command in commands if "error" in make.output(command)] == []


@pytest.mark.parametrize("path", DOCUMENTS)
def test_python_examples(path: Path) -> None:
    examples = doctest.DocTestParser().get_doctest(path.read_text("utf-8"), {}, path.name, None, 0)
    runner = doctest.DocTestRunner()
    assert runner.run(examples).failed == 0


@pytest.mark.parametrize("path", DOCUMENTS)
def test_spec_files(path: Path, tmp_path: Path) -> None:
    for block in re.findall(r"(?s)```toml\n(.*?)```", path.read_text(encoding="utf-8")):
        if "project" in tomllib.loads(block):
            continue
        (tmp_path / "net.toml").write_text(block)
        assert ha.build(tmp_path / "net.toml").output_shape == (10,)


@pytest.mark.parametrize("path", DOCUMENTS)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)|src=\"([^\"]+)\"", path.read_text(encoding="utf-8")):
        link = "".join(target)
        assert link.startswith("https://") or (path.parent / link).exists(), link


@pytest.mark.parametrize("name", make.DRAWN)
def test_the_diagrams_are_of_today(name: str, tmp_path: Path) -> None:
    """What they say; where it stands depends on the fonts and Graphviz's version."""
    make.output(f"draw {make.DRAWN[name]} --output {tmp_path / name}")
    today, shown = (
        [element.text for element in ElementTree.parse(folder / name).iter() if element.text]
        for folder in (tmp_path, ROOT / "docs" / "draw")
    )
    assert today == shown


@pytest.mark.parametrize(("picture", "logs"), [("curves.svg", "."), ("table3.svg", "table3")])
def test_the_curves_are_of_the_logs(tmp_path: Path, picture: str, logs: str) -> None:
    results = ROOT / "docs" / "results"
    make.curves(tmp_path / picture, results / logs)
    assert (tmp_path / picture).read_text("utf-8") == (results / picture).read_text("utf-8")


def test_the_landscape_is_of_the_presets(tmp_path: Path) -> None:
    make.landscape(tmp_path / "landscape.svg")
    kept = ROOT / "docs" / "landscape.svg"
    assert (tmp_path / "landscape.svg").read_text("utf-8") == kept.read_text("utf-8")


def test_every_family_has_a_page() -> None:
    pages = {path.stem for path in (ROOT / "docs" / "families").glob("*.md")}
    assert pages == set(families())


def test_every_kind_of_layer_is_in_the_table() -> None:
    rows = (ROOT / "docs" / "graphs.md").read_text("utf-8").splitlines()
    first = [row.split("|")[1] for row in rows if row.startswith("| `")]
    assert sorted(re.findall(r"`(\w+)`", " ".join(first))) == sorted(KINDS)


def test_the_examples_would_fail_if_they_were_wrong() -> None:
    wrong = "```console\n$ henet-arch --version\nhenet-arch 9\n```\n"
    assert (
        make.rewritten(wrong)
        == f"```console\n$ henet-arch --version\nhenet-arch {ha.__version__}\n```\n"
    )
