"""Diagrams in rows: nothing overlaps, all that is read is a line, and pages hold what they say."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations, pairwise
from typing import Any, NamedTuple, Protocol
from xml.etree import ElementTree

import pytest
from examples import examples
from graphs import graphs, repeated_operands
from henet_arch.renderers.diagram.content import LEADING, SMALL, width_of
from henet_arch.renderers.diagram.plan import PlacedBox, Plan, Point, Wire
from henet_arch.renderers.diagram.sheet import LEAST_TEXT, Sheet, sheet
from henet_arch.renderers.diagram.text_width import text_width
from hypothesis import given
from hypothesis import strategies as st
from strategies import networks, specs

import henet_arch as ha
from henet_arch.forms import Picture
from henet_arch.support.errors import DrawError
from henet_arch.views.page_size import PAGES, page_size

DEPTHS = ("stages", "blocks", "layers")
SVG = "{http://www.w3.org/2000/svg}"
NETWORKS = ("henet-r3", "googlenet", "resnet50", "mobilenetv2")


class Area(Protocol):
    """What has a place and a size."""

    @property
    def x(self) -> float: ...

    @property
    def y(self) -> float: ...

    @property
    def width(self) -> float: ...

    @property
    def height(self) -> float: ...


class Edge(NamedTuple):
    """All of a sheet."""

    x: float
    y: float
    width: float
    height: float


def _drawing(network: Any, **settings: Any) -> Picture:
    return Picture((ha.analyze(network),), **settings)


@st.composite
def _graphs(draw: st.DrawFn) -> ha.Graph:
    return draw(graphs() | st.builds(ha.build, specs() | networks()))


def _overlap(one: Area, other: Area) -> bool:
    apart_x = max(one.x - other.x - other.width, other.x - one.x - one.width)
    apart_y = max(one.y - other.y - other.height, other.y - one.y - one.height)
    return max(apart_x, apart_y) < -0.01


def _inside(inner: Area, outer: Area) -> bool:
    return (
        outer.x - 0.01 <= inner.x
        and outer.y - 0.01 <= inner.y
        and inner.x + inner.width <= outer.x + outer.width + 0.01
        and inner.y + inner.height <= outer.y + outer.height + 0.01
    )


def _crosses(wire: Wire, box: PlacedBox, *, down: bool) -> bool:
    """Whether a line runs through a box, at one of many points along it."""
    if box.key in (wire.source, wire.target):
        return False
    return any(
        box.x + 0.5 < x < box.x + box.width - 0.5 and box.y + 0.5 < y < box.y + box.height - 0.5
        for a, b in pairwise(wire.points)
        for x, y in _along(a, b, down=down)
    )


def _along(a: Point, b: Point, *, down: bool) -> list[Point]:
    """Points of the smooth bend from one point to another: half of the way across at its middle."""
    result = []
    for step in range(21):
        t = step / 20
        ease = 3 * (1 - t) * t**2 + t**3
        main = 1.5 * (1 - t) ** 2 * t + 1.5 * (1 - t) * t**2 + t**3
        dx, dy = (ease, main) if down else (main, ease)
        result.append((a[0] + (b[0] - a[0]) * dx, a[1] + (b[1] - a[1]) * dy))
    return result


def _check(own: Sheet) -> None:
    edge = Edge(0, 0, own.width, own.height)
    for plan in own.plans:
        for one, other in combinations(plan.boxes, 2):
            assert not _overlap(one, other)
        areas: list[Area] = [*plan.frames, *plan.boxes]
        for frame in plan.frames:
            for area in areas:
                assert not _overlap(frame, area) or _inside(frame, area) or _inside(area, frame)
            right = frame.x + frame.width
            assert all(frame.x + frame.pad + width_of(line) <= right for line in frame.words)
        for box in plan.boxes:
            assert _inside(box, edge)
            assert all(width_of(line) <= box.width + 0.01 for line in box.words)
            assert not any(_crosses(wire, box, down=plan.down) for wire in plan.wires)


@examples(40)
@given(_graphs(), st.sampled_from(DEPTHS), st.booleans(), st.sampled_from((None, "right", "down")))
def test_nothing_overlaps(graph: ha.Graph, depth: Any, fold: bool, direction: Any) -> None:
    _check(sheet(_drawing(graph, depth=depth, fold=fold, direction=direction)))


@pytest.mark.parametrize("direction", ["right", "down"])
@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("name", ["densenet121", "efficientnet-b0", "googlenet-auxiliary"])
def test_nothing_overlaps_in_networks(name: str, depth: Any, direction: Any) -> None:
    _check(sheet(_drawing(name, depth=depth, direction=direction)))


@given(_graphs(), st.sampled_from(("blocks", "layers")))
def test_every_map_that_is_read_is_a_line(graph: ha.Graph, depth: Any) -> None:
    drawing = _drawing(graph, depth=depth, fold=False)
    (plan,) = sheet(drawing).plans
    drawn = Counter((w.source, w.target) for w in plan.wires if "out" not in str(w.target))
    assert not {box.key for box in plan.boxes if box.key.startswith("f")}
    assert drawn == Counter((e.source, e.target) for e in drawing.detailed[0].edges)


def test_repeated_operands_are_lines_that_end_apart() -> None:
    drawing = _drawing(repeated_operands(), depth="layers", fold=False)
    (plan,) = sheet(drawing).plans
    ends = [(w.target, round(w.points[-1][0], 1), round(w.points[-1][1], 1)) for w in plan.wires]
    assert len(set(ends)) == len(ends)
    several = Counter((w.source, w.target) for w in plan.wires)
    assert max(several.values()) > 1


def _blocks(plan: Plan, title: str) -> list[list[PlacedBox]]:
    """The boxes of each frame with a title."""
    frames = [f for f in plan.frames if f.level == 1 and f.words[0].text.startswith(title)]
    return [[box for box in plan.boxes if _inside(box, frame)] for frame in frames]


@pytest.mark.parametrize("direction", ["right", "down"])
def test_inception_shows_its_branches_in_one_order(direction: Any) -> None:
    (plan,) = sheet(_drawing("googlenet", direction=direction)).plans
    axis = "y" if direction == "right" else "x"
    orders = set()
    for boxes in _blocks(plan, "block"):
        assert len(boxes) == 8
        places = sorted(boxes, key=lambda box: (getattr(box, axis), box.key))
        across = [
            getattr(box, axis) + (box.height if axis == "y" else box.width) / 2 for box in boxes
        ]
        assert len({round(a) for a in across}) >= 4
        orders.add(tuple(box.words[0].text.split(",")[0] for box in places))
    assert len(orders) == 1


def test_a_projection_is_a_branch() -> None:
    (plan,) = sheet(_drawing("resnet50")).plans
    firsts = [boxes for boxes in _blocks(plan, "block1") if len(boxes) == 5]
    assert len(firsts) == 4
    for boxes in firsts:
        below = max(boxes, key=lambda box: box.y)
        assert below.words[0].text.startswith("1x1 Conv")
        others = [box.y + box.height / 2 for box in boxes if box is not below]
        assert max(others) - min(others) < 1
        (read,) = [wire.source for wire in plan.wires if wire.target == below.key]
        assert Counter(w.source for w in plan.wires)[read] == 2


def _texts(svg: ElementTree.Element) -> list[float]:
    """The sizes of all texts on the page, in points."""
    scale = float(svg.attrib["width"].removesuffix("pt")) / float(svg.attrib["viewBox"].split()[2])
    return [float(text.attrib["font-size"]) * scale for text in svg.iter(f"{SVG}text")]


@pytest.mark.parametrize("page", ["a4", "slide"])
@pytest.mark.parametrize("name", NETWORKS)
def test_networks_fit_on_pages(name: str, page: str) -> None:
    drawing = _drawing(name, fit=page)
    svg = ElementTree.fromstring(drawing.render("svg"))
    width, height = (float(svg.attrib[key].removesuffix("pt")) for key in ("width", "height"))
    assert width == pytest.approx(PAGES[page].width, abs=0.1)
    assert height <= PAGES[page].height + 0.1
    assert min(_texts(svg)) >= LEAST_TEXT - 0.01
    _check(sheet(drawing))
    pdf = drawing.render("pdf")
    box = re.search(rb"/MediaBox \[ *0 0 ([\d.]+) ([\d.]+) *\]", pdf)
    assert box
    assert float(box[1]) == pytest.approx(width, abs=1)
    assert float(box[2]) == pytest.approx(height, abs=1)
    assert b"/FontFile2" in pdf


@pytest.mark.parametrize("name", ["henet-r3", "resnet50", "lenet5", "googlenet", "mobilenetv2"])
def test_networks_fit_in_a_column(name: str) -> None:
    own = sheet(_drawing(name, fit="column"))
    assert own.width * own.scale == pytest.approx(84 / 25.4 * 72)
    assert own.height * own.scale <= 230 / 25.4 * 72 + 0.01
    assert own.scale >= LEAST_TEXT / SMALL
    _check(own)


@pytest.mark.parametrize(
    ("name", "page", "settings", "fits"),
    [
        ("efficientnet-b0", "column", {}, {"depth": "stages"}),
        ("resnet50", "column", {"depth": "layers", "fold": False}, {"depth": "blocks"}),
        ("googlenet", "40x40mm", {}, None),
    ],
)
@pytest.mark.slow
def test_what_does_not_fit_names_what_fits(
    name: str, page: str, settings: Any, fits: dict[str, Any] | None
) -> None:
    with pytest.raises(DrawError, match=f"{name} does not fit on {page}") as error:
        sheet(_drawing(name, fit=page, **settings))
    needed = re.search(r"with text of 6 pt it needs (\d+) x (\d+) pt", error.value.why)
    assert needed
    larger = f"{int(needed[1]) + 1}x{int(needed[2]) + 1}pt"
    _check(sheet(_drawing(name, fit=larger, **settings)))
    assert error.value.fix.endswith("a larger page: --fit WIDTHxHEIGHT")
    assert error.value.fix.startswith("--") == bool(fits)
    if fits:
        assert error.value.fix.startswith(f"--depth {fits['depth']}, or")
        _check(sheet(_drawing(name, fit=page, **fits)))


def test_a_list_says_which_layers_follow_one_another() -> None:
    (plan,) = sheet(_drawing("googlenet", fit="column")).plans
    lists = [box for box in plan.boxes if box.listed]
    assert len(lists) == 9
    layers = [words.text for words in lists[0].words[1:-1]]
    assert [text.startswith("-> ") for text in layers] == [
        *(False, False, True, False, True, False, True, False),
    ]


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("direction", ["right", "down"])
def test_lines_cross_no_title(name: str, direction: Any) -> None:
    (plan,) = sheet(_drawing(name, direction=direction)).plans
    for frame in plan.frames:
        height = sum(line.size * LEADING for line in frame.words)
        width = max(map(width_of, frame.words))
        title = PlacedBox(
            "title", frame.x + frame.pad, frame.y + frame.pad / 2, width, height, (), "plain"
        )
        assert not any(_crosses(wire, title, down=plan.down) for wire in plan.wires)


@pytest.mark.parametrize("name", NETWORKS)
def test_rows_of_about_one_length_end_together(name: str) -> None:
    (plan,) = sheet(_drawing(name)).plans
    stages = [frame for frame in plan.frames if not frame.level and frame.words[0].text != "head"]
    ends = {round(frame.x + frame.width, 1) for frame in stages}
    assert not [end for end in ends if 0.85 * max(ends) < end < max(ends) - 0.2]


@pytest.mark.parametrize(
    ("text", "width", "height"),
    [
        ("a4", 481.9, 708.7),
        ("72x144pt", 72, 144),
        ("25.4x50.8mm", 72, 144),
        ("120x80mm", 340.2, 226.8),
    ],
)
def test_pages_have_their_sizes_in_points(text: str, width: float, height: float) -> None:
    assert page_size(text)[1:3] == pytest.approx((width, height), abs=0.1)


@pytest.mark.parametrize("text", ["a3", "", "100x100", "1x1mm", "99999x10pt", "axb", "10x10cm"])
def test_other_pages_are_refused(text: str) -> None:
    with pytest.raises(DrawError, match=r"is no page|cannot be drawn on") as error:
        ha.draw("lenet5", fit=text)
    assert "120x80mm" in error.value.fix


def test_text_is_as_wide_as_pillow_says() -> None:
    fonts = pytest.importorskip("PIL.ImageFont")
    try:
        regular = fonts.truetype("LiberationSans-Regular.ttf", 100)
        bold = fonts.truetype("LiberationSans-Bold.ttf", 100)
    except OSError:
        pytest.skip("Liberation Sans is not installed")
    text = "".join(map(chr, range(33, 127)))
    for each in text:
        assert text_width(each, 100) == pytest.approx(regular.getlength(each), abs=1.5)
        assert text_width(each, 100, bold=True) == pytest.approx(bold.getlength(each), abs=1.5)
