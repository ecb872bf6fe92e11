"""Makes what a program can make in the documents: the output of each command, and the picture.

    python docs/make.py        writes README.md, docs/*.md, pictures and notebooks in docs/ anew

In a ```console block a line that starts with `$ henet-arch` is run, and what it prints stands below
it; a ```mermaid block is what the command in the comment above it prints. `rewritten` is also what
the tests hold the documents against. The pictures need Graphviz, and Chromium for the page.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shlex
import shutil
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout, suppress
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROOT = Path(__file__).parent.parent
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))

DRAWN = {
    "henet-r3.svg": "henet-r3",
    "henet-r3-dark.svg": "henet-r3 --theme dark",
    "googlenet-slide.svg": "googlenet --fit slide",
    "resnet50-maps.svg": "resnet50 --figure maps",
    "henet-r3-figure.svg": "henet-r3",
    "compare.svg": "resnet50 --compare resnet18",
}
"""What `henet-arch draw` makes in docs/draw/."""

_BLOCK = re.compile(r"(?s)```console\n(.*?)```\n")
_MERMAID = re.compile(r"(?s)(<!-- \$ henet-arch ([^\n]*) -->\n)```mermaid\n.*?```\n")


def rewritten(text: str) -> str:
    """`text` with the output of each command as it is now."""
    text = _MERMAID.sub(lambda block: block[1] + output(block[2]), text)
    return _BLOCK.sub(lambda block: f"```console\n{_session(block[1])}```\n", text)


def _session(block: str) -> str:
    commands = [line for line in block.splitlines() if line.startswith("$ ")]
    return "\n".join(f"{line}\n{output(line.removeprefix('$ henet-arch '))}" for line in commands)


def output(arguments: str) -> str:
    """What `henet-arch ARGUMENTS` prints on 80 columns, errors too."""
    from henet_arch.cli import main

    out = io.StringIO()
    argv = ["henet-arch", *shlex.split(arguments)]
    with (
        patch.object(sys, "argv", argv),
        patch.dict(os.environ, COLUMNS="80"),
        redirect_stdout(out),
        redirect_stderr(out),
        suppress(SystemExit),
    ):
        main()
    return out.getvalue()


def drawn(folder: Path) -> None:
    """The diagrams in docs/draw/."""
    for name, arguments in DRAWN.items():
        output(f"draw {arguments} --output {folder / name}")


def pages(folder: Path) -> None:
    """The pages as Chromium shows them: of HENet Repeat 3, light and dark, and of two networks."""
    from playwright.sync_api import sync_playwright

    import henet_arch as ha

    with sync_playwright() as driver, tempfile.TemporaryDirectory() as beside:
        page = Path(beside) / "net.html"
        ha.draw("henet-r3", page)
        pair = Path(beside) / "pair.html"
        ha.draw("henet-r2", pair, compare="henet-r3")
        args = ["--no-sandbox"]
        chromium = driver.chromium.launch(executable_path=shutil.which("chromium"), args=args)
        for scheme, source, name in (
            ("light", page, "page.png"),
            ("dark", page, "page-dark.png"),
            ("light", pair, "page-compare.png"),
        ):
            size = {"width": 1440, "height": 900}
            shown = chromium.new_page(viewport=size, color_scheme=scheme)
            shown.goto(source.as_uri())
            if source == page:
                shown.fill("#search", "stage1.block1.conv2")
                shown.press("#search", "Enter")
                shown.fill("#search", "")
                shown.click("#fit")
            else:
                shown.click("#changes")
            shown.wait_for_timeout(500)
            shown.screenshot(path=folder / name)
        chromium.close()


def curves(path: Path, logs: Path) -> None:
    """The trainings whose logs are in a folder, side by side."""
    from henet_arch.renderers.plot._curves import draw

    draw({log.stem: _rows(log) for log in sorted(logs.glob("*.csv"))}, path)


def _rows(log: Path) -> list[dict[str, float | None]]:
    """What `metrics.csv` of a training has."""
    with log.open(encoding="utf-8", newline="") as file:
        return [
            {name: float(value) if value else None for name, value in row.items()}
            for row in csv.DictReader(file)
        ]


_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#555555")
"""Okabe and Ito's, which the colour-blind tell apart."""
_SHAPES = ("o", "s", "^", "D", "v", "P", "X", "*", "<")
_MARKERS = tuple((shape, is_open) for is_open in (False, True) for shape in _SHAPES)
"""Filled and open: one for each family."""


def landscape(path: Path) -> None:
    """Parameters against multiply-accumulates of all presets on one small image."""
    from matplotlib import rc_context

    settings = {"svg.hashsalt": "henet-arch", "svg.fonttype": "none", "font.family": "sans-serif"}
    with rc_context(settings):
        landscape_figure().savefig(path, metadata={"Date": None})


def landscape_figure() -> Figure:
    """The figure of it: each family has a marker of its own, and another colour than the next."""
    from matplotlib.figure import Figure

    from henet_arch.papers.catalogue import Catalogue
    from henet_arch.spec.families import families
    from henet_arch.spec.spec import Spec

    figure = Figure(figsize=(9, 5.2), layout="constrained", facecolor="white")
    axes = figure.subplots()
    styles = zip(families(), _MARKERS, cycle(_COLOURS), strict=False)
    for family, (marker, is_open), colour in styles:
        native = Spec(family=family).input[1] == 31
        side = 31 if native else 32
        entries = Catalogue(family, (3, side, side), classes=10).entries
        points = sorted({(int(e.report.params), int(e.report.macs)) for e in entries})
        if not points:
            continue
        axes.plot(
            *zip(*points, strict=True),
            marker,
            label=family,
            markersize=(10 if native else 7) + 2 * (marker == "*"),
            markerfacecolor="white" if is_open else colour,
            markeredgecolor="black" if native else colour,
            markeredgewidth=1.2,
            alpha=0.9,
            zorder=3 if native else 2,
        )
    axes.set(xscale="log", yscale="log", xlabel="parameters", ylabel="multiply-accumulates")
    axes.set_title("one image of 32 x 32 (henet and shufflenet: 31 x 31), 10 classes")
    axes.grid(alpha=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    return figure


def notebooks(empty: Path) -> None:
    """The notebooks with what their cells give today."""
    sys.path.insert(0, str(ROOT / "docs" / "notebooks"))
    import run

    for path in sorted((ROOT / "docs" / "notebooks").glob("*.ipynb")):
        run.write(path, empty)


def make() -> None:
    """Write every document and picture anew."""
    with tempfile.TemporaryDirectory() as empty:
        os.chdir(empty)
        for path in DOCUMENTS:
            path.write_text(rewritten(path.read_text(encoding="utf-8")), encoding="utf-8")
        drawn(ROOT / "docs" / "draw")
        pages(ROOT / "docs" / "draw")
        results = ROOT / "docs" / "results"
        curves(results / "curves.svg", results)
        curves(results / "table3.svg", results / "table3")
        landscape(ROOT / "docs" / "landscape.svg")
        notebooks(Path(empty))
        os.chdir(ROOT)


if __name__ == "__main__":
    make()
