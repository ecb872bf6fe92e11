"""Colours of drawings, light and dark, that people who see fewer of them can tell apart.

Kinds of layers differ in lightness too, so that they do on grey paper.

Costs are told by one scale that grows evenly darker (on a light ground) or lighter (on a dark one).
"""

from __future__ import annotations

from dataclasses import dataclass

from ..ir.graph import Node
from ..views.diagram import Box


@dataclass(frozen=True)
class Theme:
    """The colours of one ground, as `#rrggbb`."""

    ground: str
    text: str
    faint: str
    """Text that matters less."""
    line: str
    frames: tuple[str, str]
    """Fillings of frames, and of frames within frames."""
    border: str
    kinds: dict[str, str]
    """The filling of a box by its role."""
    scale: tuple[str, ...]
    """From the smallest cost to the largest."""
    bar: str
    track: str
    """The part of a bar that is empty."""


THEMES = {
    "light": Theme(
        ground="#ffffff",
        text="#1a1a1a",
        faint="#555555",
        line="#555555",
        frames=("#f4f5f7", "#e8ebef"),
        border="#b8bec8",
        kinds={
            "conv": "#b8d5ee",
            "grouped": "#77aadb",
            "dense": "#eeae7e",
            "pool": "#ceeac9",
            "other": "#fef2c0",
            "plain": "#ffffff",
        },
        scale=("#f5f8fc", "#c3daee", "#7fb2dc", "#3579b8", "#0b3c71"),
        bar="#b2500b",
        track="#d9d9d9",
    ),
    "dark": Theme(
        ground="#12161c",
        text="#eceff4",
        faint="#aab3c0",
        line="#9aa5b4",
        frames=("#1b212a", "#252d38"),
        border="#49556a",
        kinds={
            "conv": "#25597d",
            "grouped": "#3877a7",
            "dense": "#8d5631",
            "pool": "#234f3a",
            "other": "#3f3921",
            "plain": "#252a31",
        },
        scale=("#1d2836", "#214a72", "#3a7ca5", "#83bd9a", "#f6e58d"),
        bar="#f0a35e",
        track="#4a5361",
    ),
}


def look(box: Box) -> str:
    """What a box is to the eye, from its layer's facts: a convolution, whole or in groups, dense,
    pooling, another."""
    node = box.part.main.node
    if box.part.level != "unit" or is_opaque(box):
        return "plain"
    return kind_of(node)


def kind_of(node: Node) -> str:
    """The same of one layer."""
    if not node.inputs:
        return "plain"
    rank = max(map(len, node.layer.weights().values()), default=0)
    if rank > 1:
        if rank == 2:
            return "dense"
        return "conv" if getattr(node.layer, "groups", 1) == 1 else "grouped"
    if len(node.inputs) > 1:
        return "plain"
    shrinks = len(node.shape) == 3 and node.shape[1:] != node.input_shapes[0][1:]
    return "pool" if node.layer.window or shrinks else "other"


def mixed(one: str, other: str, part: float = 0.25) -> str:
    """A colour with a part of another in it."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)


def is_opaque(box: Box) -> bool:
    """Whether it is a layer of which only the shapes are known, which has a dashed border."""
    return box.part.level == "unit" and not box.part.main.node.layer.structure_known


def tint(theme: Theme, share: float) -> str:
    """The colour of a cost on the theme's scale, `share` being its part of the largest one."""
    place = min(max(share, 0.0), 1.0) * (len(theme.scale) - 1)
    index = min(int(place), len(theme.scale) - 2)
    first, last = (_channels(theme.scale[index + end]) for end in (0, 1))
    mixed = (a + (b - a) * (place - index) for a, b in zip(first, last, strict=True))
    return "#" + "".join(f"{round(channel):02x}" for channel in mixed)


def on(fill: str) -> str:
    """Black or white, whichever reads better on `fill`."""
    return max(("#000000", "#ffffff"), key=lambda text: contrast(text, fill))


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21. Source: WCAG 2.2, relative luminance."""
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    shares = (channel / 255 for channel in _channels(colour))
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return red, green, blue
