"""The kinds of layers differ on grey paper, and for people who see fewer colours."""

from __future__ import annotations

from itertools import combinations
from math import sqrt
from typing import Any

import pytest
from henet_arch.renderers._colours import THEMES, contrast
from henet_arch.renderers.diagram.plan import Plan
from henet_arch.renderers.diagram.sheet import sheet

import henet_arch as ha

Triple = tuple[float, float, float]

SEEN: dict[str, tuple[Triple, Triple, Triple]] = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}  # fmt: skip
"""What reaches the eye of linear red, green and blue. Source: Machado and others, 2009."""


def _linear(colour: str) -> Triple:
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return red, green, blue


def _lab(colour: str, eye: str) -> Triple:
    """CIE L*a*b* of a colour (D65), as an eye sees it."""
    light = _linear(colour)
    red, green, blue = (
        min(max(sum(m * c for m, c in zip(row, light, strict=True)), 0.0), 1.0) for row in SEEN[eye]
    )
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    a, b, c = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * b - 16, 500 * (a - b), 200 * (b - c)


def _distance(one: Triple, other: Triple) -> float:
    return sqrt(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)))


@pytest.mark.parametrize("theme", THEMES)
def test_kinds_differ_on_grey_paper(theme: str) -> None:
    kinds = THEMES[theme].kinds
    for one, other in combinations(kinds.values(), 2):
        assert abs(_lab(one, "all")[0] - _lab(other, "all")[0]) >= 4.3


@pytest.mark.parametrize("eye", SEEN)
@pytest.mark.parametrize("theme", THEMES)
def test_kinds_differ_for_every_eye(theme: str, eye: str) -> None:
    for one, other in combinations(THEMES[theme].kinds.values(), 2):
        assert _distance(_lab(one, eye), _lab(other, eye)) >= 8


def test_grey_is_seen_the_same_by_every_eye() -> None:
    """The simulation keeps what has no colour, as the paper's does."""
    for eye in SEEN:
        assert _distance(_lab("#808080", eye), _lab("#808080", "all")) < 0.1
    assert _lab("#ffffff", "all") == pytest.approx((100, 0, 0), abs=0.1)
    assert _distance(_lab("#ff0000", "protanopia"), _lab("#ff0000", "all")) > 50


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_key_names_the_colours_that_are_drawn(theme: str) -> None:
    drawing = ha.draw("mobilenetv2", theme=theme)  # type: ignore[arg-type]
    text = drawing.render("svg").decode()
    for words in ("convolution", "grouped or depthwise", "fully connected", "pooling, resizing"):
        assert f">{words}</text>" in text
    for role in ("conv", "grouped", "dense", "pool", "other"):
        assert text.count(THEMES[drawing.ground].kinds[role]) > 1  # a box, and the key
    assert ">convolution<" not in ha.draw("mobilenetv2", color_by="macs").render("svg").decode()


def test_the_key_says_what_dashes_mean() -> None:
    assert "to the next repetition" in ha.draw("henet-r3").render("svg").decode()
    assert "to the next repetition" not in ha.draw("resnet50").render("svg").decode()


def test_lines_can_be_seen_on_frames() -> None:
    for theme in THEMES.values():
        assert all(contrast(theme.line, frame) >= 3 for frame in (*theme.frames, theme.ground))


def test_costs_have_a_scale() -> None:
    text = ha.draw("henet-r3", color_by="macs").render("svg").decode()
    assert ">MACs: 0</text>" in text
    assert ">4,197,648 MACs</text>" in text


def _placed(plan: Plan) -> list[Any]:
    return [*plan.frames, *plan.boxes]


@pytest.mark.parametrize(
    ("a", "b"), [("resnet50", "resnet18"), ("henet-r3", "shufflenet-r5"), ("vgg11", "googlenet")]
)
@pytest.mark.parametrize("direction", ["right", "down"])
def test_what_diff_matches_stands_in_one_row(a: str, b: str, direction: str) -> None:
    drawing = ha.draw(a, compare=b, direction=direction)  # type: ignore[arg-type]
    plans = sheet(drawing).plans
    places = [
        {
            child.part.name: (each.y if direction == "right" else each.x)
            for child in diagram.whole.children
            for each in _placed(plan)
            if each.key == child.key
        }
        for diagram, plan in zip(drawing.detailed, plans, strict=True)
    ]
    pairs = [(m.a.name, m.b.name) for m in ha.diff(a, b).stages if m.a and m.b]
    assert len(pairs) > 2
    for first, second in pairs:
        assert places[0][first] == pytest.approx(places[1][second], abs=0.6)


def test_what_one_network_lacks_leaves_room() -> None:
    drawing = ha.draw("henet-r3", compare="shufflenet-r5")
    left, right = sheet(drawing).plans
    (alone,) = (f for f in left.frames if f.words[0].text == "stage4")
    assert not any(f.y < alone.y + alone.height and alone.y < f.y + f.height for f in right.frames)
    frames = [*left.frames, *right.frames]
    lows = [f.y + f.height for f in frames if f.words[0].text == "stage1"]
    tops = [f.y for f in frames if f.words[0].text == "stage2"]
    assert len(lows) == len(tops) == 2
    assert max(lows) < min(tops)
