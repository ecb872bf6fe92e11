"""The site builds without a warning, has all that it is to have, and needs no network."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal

import pytest
import typer
from checkout import ROOT

import henet_arch as ha
from henet_arch.cli.app import app
from henet_arch.cli.help_all import contexts
from henet_arch.spec.families import families

pytest.importorskip("mkdocs")

ASSETS = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "srcset"}
"""What a browser fetches while it shows a page, by element."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    process = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr
    assert "WARNING" not in process.stderr
    return folder


class _Page(HTMLParser):
    """The assets, the anchors and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.assets: list[str] = []
        self.anchors: set[str] = set()
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = dict(attrs)
        if (place := facts.get(ASSETS.get(tag, ""))) and facts.get("rel") not in ("next", "prev"):
            self.assets.append(place)
        if anchor := facts.get("id"):
            self.anchors.add(anchor)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _page(site: Path, name: str) -> _Page:
    return _Page((site / name).read_text(encoding="utf-8"))


def test_every_document_is_a_page(site: Path) -> None:
    documents = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    assert documents
    assert [d for d in documents if not (site / d.with_suffix(".html")).exists()] == []


def test_pages_fetch_nothing_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assets = {asset for page in pages for asset in _Page(page.read_text("utf-8")).assets}
    assert any(asset.endswith(".css") for asset in assets)
    assert [asset for asset in assets if re.match(r"\w+:|//", asset)] == []
    styles = "".join(path.read_text("utf-8") for path in site.rglob("*.css"))
    assert re.findall(r"url\(\s*[\"']?(?:https?:|//)[^)]*", styles) == []
    assert "fonts.googleapis.com" not in "".join(page.read_text("utf-8") for page in pages)


def test_lists_are_lists(site: Path) -> None:
    """Markdown on the Git host has lists where Python's needs an empty line before them."""
    for page in site.rglob("*.html"):
        paragraphs = re.findall(r"(?s)<p>(.*?)</p>", page.read_text("utf-8"))
        assert [p for p in paragraphs if re.search(r"(?m)^([-*]|\d\.) ", p)] == [], page


def test_the_reference_has_every_command_and_option(site: Path) -> None:
    page = _page(site, "reference/cli.html")
    text = "".join(page.words)
    root, *commands = contexts(app)
    for context in commands:
        assert context.info_name in page.anchors
    for context in (root, *commands):
        assert [name for name in _option_names(context) if name not in text] == []


def _option_names(context: typer.Context) -> list[str]:
    parameters: list[Any] = context.command.get_params(context)
    return [p.opts[0] for p in parameters if p.param_type_name == "option"]


def test_the_reference_has_every_public_name(site: Path) -> None:
    page = _page(site, "reference/python.html")
    assert {f"henet_arch.{name}" for name in ha._MODULES} - page.anchors == set()


def test_the_reference_has_every_key(site: Path) -> None:
    text = (site / "reference" / "keys.html").read_text("utf-8")
    for name, family in families().items():
        section = text[text.index(f'<h2 id="{name}"') :].split("<h2", 2)[1]
        shared = text[text.index('<h2 id="all-families"') :].split("<h2", 2)[1]
        missing = [
            k for k in family.spec.model_fields if f"<code>{k}</code>" not in section + shared
        ]
        assert missing == []


def test_notebooks_are_pages(site: Path) -> None:
    page = _page(site, "notebooks/first-look.html")
    assert "87058" in "".join(page.words)
    assert (site / "notebooks" / "first-look.ipynb").exists()


def _chromium() -> str:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if importlib.util.find_spec("playwright") is None or path is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium and Playwright test the site")
        pytest.skip("needs Chromium and Playwright")
    return path


@pytest.mark.filterwarnings("default")
def _keep(page: Any, asked: list[str], errors: list[str]) -> None:
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))


def test_it_reads_and_searches_without_a_network(site: Path) -> None:
    path = _chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        grounds = set()
        asked: list[str] = []
        errors: list[str] = []
        schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
        for scheme in schemes:
            context = browser.new_context(offline=True, color_scheme=scheme)
            page = context.new_page()
            page.on("request", lambda request: asked.append(request.url))
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto((site / "index.html").as_uri())
            page.fill("input[name=query]", "nearest-divisors")
            page.wait_for_selector(".md-search-result__item a")
            assert [url for url in asked if url.startswith("http")] == []
            assert errors == []
            grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        browser.close()
    assert len(grounds) == 2
