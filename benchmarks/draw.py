"""Times drawings: HENet Repeat 3 as DOT against torchview, and 5,000 layers in every way.

python benchmarks/draw.py        the pages need Chromium, the diagrams Graphviz
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torchview import draw_graph

import henet_arch as ha
from henet_arch.forms import Picture

ROUNDS = 30


def milliseconds(call: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The median of `rounds` calls after one that warms up."""
    times = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        call()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times[1:])


def against_torchview() -> None:
    """The same network in DOT by both, side by side."""
    report = ha.analyze("henet-r3")
    module = ha.to_torch(report.graph).eval()
    size = (1, *report.graph.input_shape)
    with torch.inference_mode():
        peer = milliseconds(lambda: draw_graph(module, input_size=size).visual_graph.source)
    print(f"henet-r3 as DOT, torchview: {peer:.1f} ms")
    for depth in ("stages", "blocks", "layers"):
        ours = milliseconds(lambda depth=depth: Picture((report,), depth).render("dot"))  # type: ignore[misc]
        print(f"henet-r3 as DOT, {depth}: {ours:.1f} ms beyond analysis, 1/{peer / ours:.0f}")


def large() -> None:
    """A network of 5,000 layers: unfolded as DOT, and folded with Graphviz included."""
    report = ha.analyze(ha.Spec(repeats=207, name="large"))
    layers = len(report.layers)
    for depth in ("blocks", "layers"):
        unfolded = Picture((report,), depth, fold=False)
        folded = Picture((report,), depth)
        dot = milliseconds(lambda d=unfolded: Picture(d.reports, d.depth, d.fold).render("dot"), 3)  # type: ignore[misc]
        svg = milliseconds(lambda d=folded: Picture(d.reports, d.depth).render("svg"), 3)  # type: ignore[misc]
        print(
            f"{layers:,} layers, {depth}: {dot:.0f} ms as DOT unfolded, {svg:.0f} ms folded as SVG"
        )


def pages() -> None:
    """How long Chromium takes until a page can be used, and to unfold all of it."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        chromium = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for repeats in (0, 3, 40, 207):
            graph = ha.build(ha.Spec(repeats=repeats, name="net"))
            page = Path(folder) / "net.html"
            ha.draw(graph, page)
            ready, unfold = zip(*(_opened(chromium, page) for _ in range(5)), strict=True)
            print(
                f"page of {len(graph):,} layers, {page.stat().st_size / 2**20:.1f} MiB: ready in "
                f"{statistics.median(ready):.0f} ms, unfolded in {statistics.median(unfold):.0f}"
            )
        chromium.close()


def _opened(chromium: Any, page: Path) -> tuple[float, float]:
    opened = chromium.new_page()
    opened.goto(page.as_uri())
    ready = opened.evaluate("henetArch.ready")
    opened.evaluate(
        "henetArch.start = performance.now(), document.querySelector('[data-depth=layer]').click()"
    )
    unfold = opened.evaluate("performance.now() - henetArch.start")
    opened.close()
    return ready, unfold


if __name__ == "__main__":
    against_torchview()
    large()
    pages()
