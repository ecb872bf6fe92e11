"""The page in a real browser: what a reader does with it, and what it must not do."""

from __future__ import annotations

import math
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from graphs import repeated_operands
from PIL import Image, ImageChops

import henet_arch as ha
from henet_arch.views.outline import Part, outline

pytestmark = pytest.mark.slow
playwright = pytest.importorskip("playwright.sync_api")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
LARGE = ha.Spec(repeats=207, name="large")
"""About 5,000 layers."""
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium without a window. CI must have one; elsewhere these tests wait for it."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        missing = f"no browser: none of {', '.join(BROWSERS)} is installed"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


class Opened:
    """A network's page, and what it said and asked for."""

    def __init__(self, browser: Any, drawing: Any, folder: Path, **settings: Any) -> None:
        path = folder / "net.html"
        drawing.save(path)
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page = browser.new_page(viewport={"width": 1400, "height": 900}, **settings)
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("dialog", lambda dialog: self.said.append(dialog.message))
        self.page.goto(path.as_uri())
        assert self.page.evaluate("Boolean(window.henetArch)"), self.said
        self.own = path.as_uri()

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *error: object) -> None:
        self.page.close()
        if error == (None, None, None):
            assert self.said == []
            assert self.asked == [self.own]

    def boxes(self) -> list[str]:
        """The names of all parts that are drawn, folded or not."""
        names: list[str] = self.page.evaluate(
            "henetArch.cy.nodes('[id ^= \"p\"]').map("
            "(node) => henetArch.network.parts[node.data('part')].name)"
        )
        return names

    def place(self, name: str) -> tuple[float, float]:
        """Where the part is on the screen; near the top, where a frame shows nothing else."""
        return tuple(
            self.page.evaluate(
                """(name) => {
                  const part = henetArch.network.parts.find((part) => part.name === name);
                  const node = henetArch.cy.getElementById(`p${part.id}`);
                  const { x, y } = node.renderedPosition();
                  const [width, height] = [node.renderedWidth(), node.renderedHeight()];
                  const corner = document.getElementById("diagram").getBoundingClientRect();
                  return [corner.x + x - width / 2 + 8, corner.y + y - height / 2 + 8];
                }""",
                name,
            )
        )

    def chosen(self) -> str:
        return str(self.page.inner_text("#details h2"))

    def rows(self) -> list[str]:
        cells: list[str] = self.page.locator("tbody tr td:first-child").all_inner_texts()
        return cells


def _count(part: Part) -> int:
    return 1 + sum(map(_count, part.parts))


def test_unfolding_and_folding(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, ha.draw("henet-r3"), tmp_path) as opened:
        assert "stage1.block1-3" in opened.boxes()
        assert "stage1.block2" not in opened.boxes()
        for name, inside in (
            ("stage1.block1-3", "stage1.block2"),
            ("stage1.block2", "stage1.block2.conv1"),
            ("stage1.block2.conv1", "stage1.block2.bn1"),
        ):
            before = opened.place(name)
            opened.page.mouse.click(*before)
            assert inside in opened.boxes()
            assert opened.place(name) == pytest.approx(before, abs=2)
            assert opened.chosen() == name
        opened.page.mouse.click(*opened.place("stage1.block1-3"))
        assert "stage1.block2" not in opened.boxes()
        parts = _count(outline(ha.analyze("henet-r3")))
        for depth, count in (("stage", 7), ("block", 17), ("layer", parts - 1)):
            opened.page.click(f"[data-depth={depth}]")
            assert len(opened.boxes()) == count


def test_hovering_says_what_and_why(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, ha.draw("henet-r3", depth="layers"), tmp_path) as opened:
        tip = opened.page.locator("#tip")
        assert not tip.is_visible()
        opened.page.mouse.move(*opened.place("stage1.block1.conv2"))
        tip.wait_for(state="visible")
        text = tip.inner_text()
        for said in (
            "stage1.block1.conv2",
            "3x3 GConv, 4 groups",
            "24 x 31 x 31",
            "1,245,456",
            "1,368",
        ):
            assert said in text
        assert "its nearest divisors with m > n: m = 6 groups, then n = 4" in text
        lit = opened.page.locator("tr.lit td:first-child").all_inner_texts()
        assert lit == [f"stage1.block1.{name}" for name in ("conv2", "bn2", "relu")]
        opened.page.mouse.move(5, 5)
        tip.wait_for(state="hidden")


def test_the_table_sorts_and_leads_to_the_diagram(browser: Any, tmp_path: Path) -> None:
    report = ha.analyze("henet-r3")
    with Opened(browser, ha.draw("henet-r3"), tmp_path) as opened:
        assert opened.rows() == [layer.node.name for layer in report.layers]
        opened.page.get_by_role("button", name="params", exact=True).click()
        sorted_names = [n.node.name for n in sorted(report.layers, key=lambda n: -n.params)]
        assert opened.rows() == sorted_names
        opened.page.get_by_role("button", name="params", exact=True).click()
        assert opened.rows()[:3] == ["input", "stem.relu", "stage1.block1.shuffle"]
        assert opened.rows()[-1] in sorted_names[:3]
        assert opened.page.get_attribute("th[aria-sort]", "aria-sort") == "ascending"
        row = opened.page.locator("tr", has_text="stage3.block2.conv2")
        row.click()
        assert "stage3.block2.conv2" in opened.boxes()
        assert opened.chosen() == "stage3.block2.conv2"
        x, y = opened.place("stage3.block2.conv2")
        frame = opened.page.locator("#diagram").bounding_box()
        assert frame["x"] < x < frame["x"] + frame["width"]
        assert frame["y"] < y < frame["y"] + frame["height"]


def _shares(opened: Opened) -> tuple[list[str], list[float]]:
    """What the table says of each layer's share, and how much of the bar is filled, in percent."""
    cells = opened.page.locator("td.share")
    texts: list[str] = cells.evaluate_all("(cells) => cells.map((cell) => cell.innerText.trim())")
    bars: list[float] = cells.evaluate_all(
        "(cells) => cells.map((cell) => parseFloat(cell.querySelector('span').style.width))"
    )
    return texts, bars


def _percent(share: float) -> str:
    return "" if not share else "<0.1%" if share < 0.0005 else f"{100 * share:.1f}%"


def test_shares_are_of_the_total_of_the_cost(browser: Any, tmp_path: Path) -> None:
    report = ha.analyze("shufflenet-r2")
    with Opened(browser, ha.draw("shufflenet-r2"), tmp_path) as opened:
        for cost, whole in (("macs", report.macs), ("params", report.params)):
            opened.page.select_option("#cost", cost)
            shares = [int(getattr(layer, cost)) / int(whole) for layer in report.layers]
            texts, bars = _shares(opened)
            assert bars == pytest.approx([100 * share for share in shares], abs=1e-3)
            assert texts == list(map(_percent, shares))
            assert opened.page.get_by_role("button", name="% of total").is_visible()
        opened.page.select_option("#cost", "memory")
        peak = int(report.memory.peak_bytes)
        shares = [int(layer.live_bytes) / peak for layer in report.layers]
        texts, bars = _shares(opened)
        assert texts == list(map(_percent, shares))
        assert max(bars) == 100
        assert opened.page.get_by_role("button", name="% of peak").is_visible()
        opened.page.locator("tr", has_text="stem.conv").click()
        assert f"({_percent(shares[1])} of the peak)" in opened.page.inner_text("#details")


def test_tints_follow_the_cost(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, ha.draw("shufflenet-r2"), tmp_path) as opened:
        opened.page.select_option("#cost", "params")
        fills = opened.page.evaluate(
            "Object.fromEntries(henetArch.cy.nodes('.box').map((node) => "
            "[henetArch.network.parts[node.data('part')].name, node.data('fill')]))"
        )
        assert fills["input"] == "rgb(245,248,252)"
        assert "rgb(11,60,113)" in fills.values()


@pytest.mark.parametrize("source", ["henet-r3", "googlenet", "mobilenetv2", "densenet121"])
@pytest.mark.parametrize("other", [None, "resnet34"])
def test_the_table_fits_its_pane(
    browser: Any, tmp_path: Path, source: str, other: str | None
) -> None:
    """A comparison, which has one column more, on the widest of the windows and on a phone."""
    with Opened(browser, ha.draw(source, compare=other), tmp_path) as opened:
        pane = opened.page.locator("#rows")
        for width, height in ((1440, 900),) if other else ((1440, 900), (1024, 700)):
            opened.page.set_viewport_size({"width": width, "height": height})
            assert pane.evaluate("(pane) => pane.scrollWidth - pane.clientWidth") == 0
            assert pane.locator("table").bounding_box()["width"] > 560
            assert opened.page.locator("#diagram").bounding_box()["width"] > 0.35 * width
        opened.page.set_viewport_size({"width": 390, "height": 844})
        assert pane.evaluate("(pane) => pane.scrollWidth - pane.clientWidth") == 0
        titles = pane.locator("th:visible")
        shown = titles.all_inner_texts()
        expected = ["layer", "change", "% of total", "output"]
        assert shown == (expected if other else ["layer", "% of total", "MACs", "output"])
        if not other:
            opened.page.select_option("#cost", "params")
            assert "params" in titles.all_inner_texts()


@pytest.mark.parametrize("width", [390, 1440])
def test_the_divider_moves_by_pointer_and_by_keys(browser: Any, tmp_path: Path, width: int) -> None:
    side = "width" if width > 800 else "height"
    with Opened(browser, ha.draw("henet-r3"), tmp_path) as opened:
        opened.page.set_viewport_size({"width": width, "height": 900})
        divider = opened.page.get_by_role("separator")
        size = opened.page.locator("#diagram").bounding_box
        before, box = size()[side], divider.bounding_box()
        opened.page.mouse.move(box["x"] + 3, box["y"] + 3)
        opened.page.mouse.down()
        by = (-100, 0) if side == "width" else (0, -100)
        opened.page.mouse.move(box["x"] + 3 + by[0], box["y"] + 3 + by[1], steps=4)
        opened.page.mouse.up()
        assert size()[side] == pytest.approx(before - 100, abs=5)
        share = int(divider.get_attribute("aria-valuenow"))
        orientation = {"width": "vertical", "height": "horizontal"}[side]
        assert divider.get_attribute("aria-orientation") == orientation
        divider.focus()
        opened.page.keyboard.press("ArrowRight")
        assert int(divider.get_attribute("aria-valuenow")) == share + 2
        opened.page.keyboard.press("Home")
        assert divider.get_attribute("aria-valuenow") == divider.get_attribute("aria-valuemin")


def test_searching(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, ha.draw("henet-r3"), tmp_path) as opened:
        opened.page.keyboard.press("/")
        opened.page.keyboard.type("shuffle stage2")
        assert opened.page.inner_text("#said") == "4 found"
        assert opened.rows() == [
            f"stage2.{n}.shuffle" for n in ("block1", "block2", "block3", "down")
        ]
        opened.page.keyboard.press("Enter")
        assert opened.chosen() == "stage2.block1.shuffle"
        opened.page.keyboard.press("Enter")
        assert opened.chosen() == "stage2.block2.shuffle"
        assert "stage2.block2.shuffle" in opened.boxes()
        opened.page.keyboard.press("Escape")
        assert len(opened.rows()) == 102


def test_the_keyboard_is_enough(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, ha.draw("henet-r3", depth="stages"), tmp_path) as opened:
        opened.page.focus("#diagram")
        for _ in range(3):
            opened.page.keyboard.press("ArrowDown")
        assert opened.chosen() == "stage1"
        opened.page.keyboard.press("Enter")
        assert "stage1.down" in opened.boxes()
        opened.page.keyboard.press("ArrowDown")
        assert opened.chosen() == "stage1.block1-3"
        opened.page.keyboard.press("ArrowRight")
        assert "stage1.block2" in opened.boxes()
        opened.page.keyboard.press("ArrowDown")
        opened.page.keyboard.press("ArrowDown")
        assert opened.chosen() == "stage1.block2"
        opened.page.keyboard.press("ArrowLeft")
        assert opened.chosen() == "stage1.block1-3"
        opened.page.keyboard.press("ArrowLeft")
        assert opened.chosen() == "stage1"
        assert "stage1.down" not in opened.boxes()
        opened.page.keyboard.press("ArrowUp")
        assert opened.chosen() == "stem"
        zoom = opened.page.evaluate("henetArch.cy.zoom()")
        opened.page.keyboard.press("+")
        assert opened.page.evaluate("henetArch.cy.zoom()") > zoom
        opened.page.keyboard.press("-")
        assert opened.page.evaluate("henetArch.cy.zoom()") == pytest.approx(zoom)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark(browser: Any, tmp_path: Path, scheme: str) -> None:
    with Opened(browser, ha.draw("henet-r2"), tmp_path, color_scheme=scheme) as opened:
        ground = "getComputedStyle(document.body).backgroundColor"
        colours = {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 22, 28)"}
        assert opened.page.evaluate(ground) == colours[scheme]
        opened.page.click("#theme")
        other = "dark" if scheme == "light" else "light"
        assert opened.page.evaluate(ground) == colours[other]


def test_two_networks_on_one_scale(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, ha.draw("henet-r2", compare="shufflenet-r2"), tmp_path) as opened:
        left, right = opened.place("henet-r2"), opened.place("shufflenet-r2")
        assert left[0] < right[0]
        assert left[1] == pytest.approx(right[1])
        assert len(opened.rows()) == len(ha.build("henet-r2")) + len(ha.build("shufflenet-r2"))
        assert "A: stem.conv" in opened.rows()
        assert opened.page.title() == "henet-r2 (A) and shufflenet-r2 (B)"


@pytest.mark.parametrize(("a", "b"), [("resnet50", "resnet18"), ("henet-r3", "shufflenet-r5")])
def test_stages_that_match_start_at_one_height(
    browser: Any, tmp_path: Path, a: str, b: str
) -> None:
    with Opened(browser, ha.draw(a, compare=b), tmp_path) as opened:
        opened.page.set_viewport_size({"width": 1440, "height": 4000})
        opened.page.click("#fit")
        tops = opened.page.evaluate(
            """() => {
              const { network, cy } = henetArch;
              const top = (part) => {
                const node = cy.getElementById(`p${part.id}`);
                return node.position().y - node.height() / 2;
              };
              const stages = network.parts.filter(({ level, to }) => (
                level === "stage" && to <= network.totals[0].to));
              return stages.map((part) => [part, twinOf(network, part)]).filter(([, twin]) => twin)
                .map((pair) => pair.map(top));
            }"""
        )
        assert len(tops) > 3
        assert [first for first, _ in tops] == pytest.approx([second for _, second in tops], abs=1)
        assert len({round(first) for first, _ in tops}) == len(tops)


MARKS = {"only-a": ("A", "removed"), "only-b": ("B", "added")}


@pytest.mark.parametrize(
    ("a", "b"), [("henet-r2", "henet-r3"), ("henet-r3", "shufflenet-r5"), ("resnet18", "resnet34")]
)
def test_marks_are_what_diff_says(browser: Any, tmp_path: Path, a: str, b: str) -> None:
    expected: dict[str, str] = {}
    for layer in ha.diff(a, b).layers:
        for side, part in (("A", layer.a), ("B", layer.b)):
            if part and layer.status not in ("equal", "renamed"):
                name = f"{side}: {part.layers[0].name}"
                expected[name] = MARKS.get(layer.status, (side, "changed"))[1]
    with Opened(browser, ha.draw(a, compare=b), tmp_path) as opened:
        opened.page.click("[data-depth=layer]")
        marks = opened.page.evaluate(
            """() => Object.fromEntries(henetArch.cy.nodes('.box, .sign').flatMap((node) => {
              const part = henetArch.network.parts[node.data('part')];
              const mark = ['added', 'removed', 'changed'].find((name) => node.hasClass(name));
              return mark ? [[henetArch.network.layers[part.from].name, mark]] : [];
            }))"""
        )
        assert marks == expected
        looks = opened.page.evaluate(
            "henetArch.cy.nodes('.added, .removed, .changed').map((node) => ["
            "['added', 'removed', 'changed'].find((name) => node.hasClass(name)), "
            "node.style('border-style'), node.hasClass('sign') ? '' : node.data('label')[0]])"
        )
        lines = {"added": "solid", "removed": "dashed", "changed": "dotted"}
        assert all(line == lines[mark] for mark, line, _ in looks)
        signs = {"+": "added", "\N{MINUS SIGN}": "removed", "~": "changed"}
        assert all(signs[sign] == mark for mark, _, sign in looks if sign)
        texts = opened.page.locator("td.change").all_inner_texts()
        told = dict(zip(opened.rows(), texts, strict=True))
        assert {name for name, text in told.items() if text[:1] in signs} == set(expected)
        counts = Counter(expected.values())
        key = opened.page.inner_text("#key")
        for mark, words in (("removed", "only in A"), ("added", "only in B")):
            assert f"{words}: {counts[mark]}" in key
        opened.page.get_by_role("button", name="only changes").click()
        assert set(opened.rows()) == set(expected)


def test_two_equal_networks_have_no_mark(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, ha.draw("henet-r2", compare="henet-r2"), tmp_path) as opened:
        assert opened.page.evaluate("henetArch.cy.nodes('.added, .removed, .changed').length") == 0
        assert set(opened.page.locator("td.change").all_inner_texts()) == {""}


def test_a_layer_leads_to_its_counterpart(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, ha.draw("henet-r2", compare="henet-r3"), tmp_path) as opened:
        rows = opened.rows()
        at = rows.index("A: stage1.down.conv1")
        assert rows[at + 1] == "B: stage1.down.conv1"
        opened.page.locator("tbody tr").nth(at).click()
        details = opened.page.inner_text("#details")
        assert "reads block2.concat \N{RIGHTWARDS ARROW} block3.concat" in details
        twins = opened.page.evaluate(
            "henetArch.cy.nodes('.twin').map((n) => henetArch.network.parts[n.data('part')])"
            ".map((part) => [part.name, part.from])"
        )
        assert [name for name, _ in twins] == ["stage1.down"]
        assert twins[0][1] > len(ha.build("henet-r2"))


@pytest.mark.parametrize(
    ("scheme", "other", "width"),
    [
        ("light", None, 1440),
        ("light", "shufflenet-r2", 390),
        ("dark", None, 390),
        ("dark", "shufflenet-r2", 1440),
    ],
)
def test_axe_finds_nothing_serious(
    browser: Any, tmp_path: Path, scheme: str, other: str | None, width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    drawing = ha.draw("henet-r3", compare=other)
    with Opened(browser, drawing, tmp_path, color_scheme=scheme) as opened:
        opened.page.set_viewport_size({"width": width, "height": 800})
        opened.page.focus("#diagram")
        opened.page.keyboard.press("ArrowDown")
        result = axe.run(opened.page).response
        assert len(result["passes"]) > 20
        assert [
            (found["id"], found["nodes"][0]["html"])
            for found in result["violations"]
            if found["impact"] in ("serious", "critical")
        ] == []


def test_focus_goes_through_all_controls_in_order(browser: Any, tmp_path: Path) -> None:
    names = ["stages", "blocks", "layers", "all", "fit", "cost"]
    names += ["only changes", "search", "theme", "SVG", "PNG", "Diagram", "Size of the diagram"]
    names += ["Details", "layer", "change", "% of total", "MACs", "params", "memory", "output"]
    with Opened(browser, ha.draw("henet-r2", compare="henet-r3"), tmp_path) as opened:
        reached = []
        for _ in range(len(names) + 1):
            opened.page.keyboard.press("Tab")
            reached.append(
                opened.page.evaluate(
                    "((e) => e.ariaLabel || (e.labels && e.labels.length ? "
                    "e.labels[0].firstChild.data : e.innerText).trim())(document.activeElement)"
                )
            )
        assert reached == [*names, "kind"]
        opened.page.keyboard.press("Tab")
        assert opened.page.evaluate("document.activeElement.closest('tbody') !== null")


def test_a_screen_reader_hears_what_is_chosen(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, ha.draw("henet-r3", depth="stages"), tmp_path) as opened:
        opened.page.focus("#diagram")
        for _ in range(2):
            opened.page.keyboard.press("ArrowDown")
        status = opened.page.get_by_role("status").filter(has_text="stem")
        text = status.inner_text()
        assert text.startswith("stem, ")
        assert text.endswith("output 24 x 31 x 31, 622,728 MACs, 6.2% of the total, folded")
        opened.page.keyboard.press("Enter")
        assert status.inner_text().endswith("unfolded")
        pan = opened.page.evaluate("henetArch.cy.pan()")
        opened.page.keyboard.press("Shift+ArrowDown")
        opened.page.keyboard.press("Shift+ArrowLeft")
        after = opened.page.evaluate("henetArch.cy.pan()")
        assert (after["x"], after["y"]) == (pan["x"] + 80, pan["y"] - 80)
        assert status.inner_text().endswith("unfolded")


@pytest.mark.parametrize("width", [360, 1400])
def test_it_fits_the_window(browser: Any, tmp_path: Path, width: int) -> None:
    with Opened(browser, ha.draw("henet-r3"), tmp_path) as opened:
        opened.page.set_viewport_size({"width": width, "height": 800})
        size = opened.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        )
        assert size == [width, 800]
        for part in ("#diagram", "#rows"):
            assert opened.page.locator(part).bounding_box()["height"] > 150


def test_five_thousand_layers(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, ha.draw(LARGE), tmp_path) as opened:
        assert len(ha.build(LARGE)) > 4990
        assert len(opened.boxes()) < 100
        opened.page.click("[data-depth=layer]")
        assert 10 < len(opened.boxes()) < 2500
        assert "more than 2,500 boxes at once" in opened.page.inner_text("#said")
        playwright.expect(opened.page.locator("tbody tr")).to_have_count(len(ha.build(LARGE)))
        opened.page.fill("#search", "stage3.block99.conv2")
        opened.page.press("#search", "Enter")
        assert opened.chosen() == "stage3.block99.conv2"
        assert "stage3.block99.conv2" in opened.boxes()


LINES = """() => henetArch.cy.edges().map((edge) => [
  edge.sourceEndpoint(), ...(edge.segmentPoints() || []), edge.targetEndpoint(),
].map(({ x, y }) => [x, y]))"""
FRAMES = """() => henetArch.cy.nodes('.frame').map((node) => {
  const box = node.boundingBox({ includeLabels: false });
  const width = textWidth(node.data('label'), `bold ${FONT}`);
  return [node.data('label'), box.x1 + 10, box.y1 + 7, box.x1 + 10 + width, box.y1 + 22];
})"""


def _crosses(a: list[float], b: list[float], box: list[float]) -> bool:
    """Whether the line from `a` to `b` meets the box, by clipping it (Liang and Barsky)."""
    low, high = 0.0, 1.0
    for axis in (0, 1):
        step = b[axis] - a[axis]
        ends = (box[axis] - a[axis], box[axis + 2] - a[axis])
        if not step:
            if ends[0] > 0 or ends[1] < 0:
                return False
            continue
        first, last = sorted(end / step for end in ends)
        low, high = max(low, first), min(high, last)
    return low <= high


@pytest.mark.parametrize(
    "source", ["henet-r3", "googlenet", "densenet121", "shufflenetv2-x050", "mobilenetv3-large"]
)
def test_no_line_crosses_the_title_of_a_frame(browser: Any, tmp_path: Path, source: str) -> None:
    with Opened(browser, ha.draw(source), tmp_path) as opened:
        for depth in ("block", "layer"):
            opened.page.click(f"[data-depth={depth}]")
            frames = opened.page.evaluate(FRAMES)
            assert frames
            for line in opened.page.evaluate(LINES):
                for title, *box in frames:
                    for a, b in pairwise(line):
                        assert not _crosses(a, b, box), (title, line)


@pytest.mark.parametrize(
    ("source", "fold", "depth"),
    [
        ("resnet152", True, "unit"),
        ("googlenet", True, "unit"),
        (LARGE, False, "block"),
    ],
)
def test_all_of_it_fills_the_window(
    browser: Any, tmp_path: Path, source: Any, fold: bool, depth: str
) -> None:
    with Opened(browser, ha.draw(source, fold=fold), tmp_path) as opened:
        opened.page.click(f"[data-depth={depth}]")
        opened.page.click("#fit")
        window = opened.page.locator("#diagram").bounding_box()
        drawn = opened.page.evaluate("henetArch.cy.elements().renderedBoundingBox()")
        assert drawn["x1"] >= 0
        assert drawn["y1"] >= 0
        assert drawn["x2"] <= window["width"]
        assert drawn["y2"] <= window["height"]
        assert drawn["w"] * drawn["h"] > 0.5 * window["width"] * window["height"]


def test_boxes_in_columns_stand_apart(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, ha.draw("resnet152", depth="layers"), tmp_path) as opened:
        boxes = opened.page.evaluate(
            "henetArch.cy.nodes('.box, .sign').map((node) => "
            "node.boundingBox({ includeLabels: false }))"
            ".map(({ x1, y1, x2, y2 }) => [x1, y1, x2, y2])"
        )
        ordered = sorted(boxes)
        assert len(ordered) > 200
        for at, (_, top, right, bottom) in enumerate(ordered):
            for left, other_top, _, other_bottom in ordered[at + 1 :]:
                if left >= right:
                    break
                assert other_top >= bottom or other_bottom <= top
        for line in opened.page.evaluate(LINES):
            for a, b in pairwise(line[1:-1]):
                for x1, y1, x2, y2 in ordered:
                    assert not _crosses(a, b, [x1 + 3, y1 + 3, x2 - 3, y2 - 3])


def _saved(opened: Opened, form: str, path: Path) -> Path:
    """The diagram as the page's button saves it."""
    with opened.page.expect_download() as download:
        opened.page.get_by_role("button", name=form, exact=True).click()
    assert download.value.suggested_filename == f"{path.name}.{form.lower()}"
    target = path.with_suffix(f".{form.lower()}")
    download.value.save_as(target)
    return target


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_svg_has_what_is_shown(browser: Any, tmp_path: Path, scheme: str) -> None:
    drawing = ha.draw("googlenet", depth="layers")
    with Opened(browser, drawing, tmp_path, color_scheme=scheme) as opened:
        opened.page.locator("tr", has_text="stem.conv3").click()
        root = ElementTree.parse(_saved(opened, "SVG", tmp_path / "googlenet")).getroot()
        nodes = opened.page.evaluate(
            "henetArch.cy.nodes('[id ^= \"p\"]').map((node) => [node.position().x - "
            "node.width() / 2, node.position().y - node.height() / 2, node.width(), node.height(), "
            "node.style('background-color')])"
        )
        shown = opened.page.evaluate(
            "henetArch.cy.elements().map((one) => one.data('label')).filter(Boolean)"
        )
        lines = opened.page.evaluate("henetArch.cy.edges().length")
        arrows = opened.page.evaluate("henetArch.cy.edges('.arrow').length")
        boxes: list[list[Any]] = [
            [*(float(e.attrib[key]) for key in ("x", "y", "width", "height")), e.attrib["fill"]]
            for e in root.iter(f"{SVG}rect")
            if "stroke" in e.attrib
        ]
        assert len(boxes) == len(nodes)
        for box, node in zip(sorted(boxes), sorted(nodes), strict=True):
            assert box[:4] == pytest.approx(node[:4], abs=0.02)
        assert sorted(box[4] for box in boxes) == sorted(node[4] for node in nodes)
        texts = Counter("".join(e.itertext()) for e in root.iter(f"{SVG}text"))
        assert texts == Counter(line for label in shown for line in label.split("\n"))
        assert len(list(root.iter(f"{SVG}path"))) == lines + arrows
        assert opened.page.evaluate("henetArch.cy.nodes('.chosen').length") == 1


def test_pictures_are_whole(browser: Any, tmp_path: Path) -> None:
    """Both are drawn alike: few pixels of the one differ from those of the other."""
    with Opened(browser, ha.draw("henet-r3"), tmp_path) as opened:
        size = opened.page.evaluate("(({ w, h }) => [w, h])(henetArch.cy.elements().boundingBox())")
        with Image.open(_saved(opened, "PNG", tmp_path / "henet-r3")) as file:
            png = file.convert("L")
        assert png.size == pytest.approx([2 * side for side in size], abs=3)
        svg = _saved(opened, "SVG", tmp_path / "henet-r3")
        bounds = [float(x) for x in ElementTree.parse(svg).getroot().attrib["viewBox"].split()]
        assert bounds[2:] == pytest.approx([side + 40 for side in size], abs=0.1)
        page = browser.new_page(
            viewport={"width": math.ceil(bounds[2]), "height": math.ceil(bounds[3])},
            device_scale_factor=2,
        )
        page.set_content(f"<body style='margin: 0'>{svg.read_text(encoding='utf-8')}</body>")
        page.screenshot(path=tmp_path / "svg.png")
        page.close()
        with Image.open(tmp_path / "svg.png") as file:
            drawn = file.convert("L").crop((40, 40, 40 + png.width, 40 + png.height))
        differing = ImageChops.difference(png, drawn).histogram()
        assert sum(differing[64:]) < 0.03 * png.width * png.height
        assert sum(png.histogram()[:200]) > 0.1 * png.width * png.height


def test_without_folding_every_block_is_shown(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, ha.draw("henet-r3", fold=False), tmp_path) as opened:
        assert "stage2.block3" in opened.boxes()
        opened.page.click("#fit")
        tall = opened.page.evaluate("henetArch.cy.elements().renderedBoundingBox().h")
        assert tall < opened.page.locator("#diagram").bounding_box()["height"]


def test_after_a_click_the_keys_work(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, ha.draw("henet-r3"), tmp_path) as opened:
        opened.page.mouse.click(*opened.place("stem.conv"))
        opened.page.keyboard.press("ArrowUp")
        assert opened.chosen() == "input"


def test_keys_go_on_from_what_was_folded_away(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, ha.draw("henet-r3"), tmp_path) as opened:
        opened.page.locator("tr", has_text="stage2.block2.conv1").click()
        opened.page.click("[data-depth=stage]")
        opened.page.focus("#diagram")
        opened.page.keyboard.press("ArrowDown")
        assert opened.chosen() == "stage3"


def test_rows_are_reached_by_keys(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, ha.draw("henet-r3"), tmp_path) as opened:
        opened.page.get_by_role("button", name="kind", exact=True).focus()
        opened.page.keyboard.press("Tab")
        for key in ("ArrowDown", "ArrowDown", "ArrowUp", "Enter"):
            opened.page.keyboard.press(key)
        assert opened.chosen() == "stem.conv"


def test_the_zoom_is_kept(browser: Any, tmp_path: Path) -> None:
    with Opened(browser, ha.draw("henet-r3"), tmp_path) as opened:
        opened.page.set_viewport_size({"width": 900, "height": 800})
        opened.page.wait_for_timeout(200)
        opened.page.evaluate("void henetArch.cy.zoom(2.5)")
        opened.page.fill("#search", "conv")
        opened.page.wait_for_timeout(200)
        assert opened.page.evaluate("henetArch.cy.zoom()") == 2.5


def test_a_theme_that_is_asked_for_is_kept(browser: Any, tmp_path: Path) -> None:
    drawing = ha.draw("henet-r2", theme="light")
    with Opened(browser, drawing, tmp_path, color_scheme="dark") as opened:
        ground = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == "rgb(255, 255, 255)"


def test_a_network_without_blocks(browser: Any, tmp_path: Path) -> None:
    graph = ha.build(ha.Spec(channels=(4, 8), repeats=30, input=7))
    names = {node.name: node.name.replace(".", "_") for node in graph}
    flat = replace(
        graph,
        nodes=tuple(
            node._replace(name=names[node.name], inputs=tuple(names[n] for n in node.inputs))
            for node in graph
        ),
        outputs=tuple(names[name] for name in graph.outputs),
    )
    with Opened(browser, ha.draw(flat), tmp_path) as opened:
        opened.page.click("[data-depth=layer]")
        assert set(names.values()) <= set(opened.boxes())


def test_repeated_operands_are_drawn_as_often_as_they_are_read(
    browser: Any, tmp_path: Path
) -> None:
    graph = repeated_operands()
    count = "(name) => henetArch.cy.edges('.arrow').filter((edge) => henetArch.network.parts"
    count += "[edge.target().data('part')].name === name).length"
    with Opened(browser, ha.draw(graph), tmp_path) as opened:
        assert opened.page.evaluate(count, "stage1.block1-2") == 2
        assert opened.page.evaluate(count, "head.concat") == 3
        opened.page.click("[data-depth=layer]")
        assert opened.page.evaluate(count, "stage1.block2.add") == 2
        assert opened.page.evaluate(count, "stage1.block2.conv") == 1
        assert opened.page.evaluate(count, "head.concat") == 3


def test_names_are_never_markup(browser: Any, tmp_path: Path) -> None:
    graph = ha.build("henet-r2")
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
    nodes = tuple(
        node._replace(
            name=node.name.replace("stem", evil),
            inputs=tuple(name.replace("stem", evil) for name in node.inputs),
        )
        for node in graph
    )
    hostile = replace(graph, name=evil, nodes=nodes)
    with Opened(browser, ha.draw(hostile, depth="layers"), tmp_path) as opened:
        assert opened.page.inner_text("#title") == evil
        assert opened.page.title() == evil
        assert f"{evil}.conv" in opened.rows()
        assert opened.page.locator("img").count() == 0
