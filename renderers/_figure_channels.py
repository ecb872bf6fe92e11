"""Figure 2 (b) of the HENet paper: channels through two grouped convolutions and a shuffle."""

from __future__ import annotations

from collections.abc import Iterable
from colorsys import hls_to_rgb
from typing import Any, NamedTuple
from xml.etree import ElementTree

from ..ir.graph import Graph, Node
from ..ir.layer import Layer
from ..support.errors import DrawError
from ..views.drawing import Drawing
from ._captions import caption_of
from ._colours import THEMES, Theme, on

SVG = "http://www.w3.org/2000/svg"
_WIDEST = 900
_ROW = 84
_LABELS = 190
"""Points beside the channels, for the names of the rows."""


class Mixing(NamedTuple):
    """Two grouped convolutions, with a shuffle between them."""

    first: Node
    shuffle: Node
    second: Node

    def origins(self) -> list[set[int]]:
        """For each channel of the second, the groups of the first that it depends on."""
        groups: list[set[int]] = [{group} for group in self.groups(self.first)]
        for node in (self.shuffle, self.second):
            groups = [
                set[int]().union(*(groups[source] for source in node.layer.reads(c, shapes)[0]))
                for c, shapes in ((c, node.input_shapes) for c in range(int(node.channels)))
            ]
        return groups

    @staticmethod
    def groups(node: Node) -> list[int]:
        """For each output channel of a convolution, its group."""
        layer: Any = node.layer
        return [channel * layer.groups // node.channels for channel in range(int(node.channels))]


def mixing(graph: Graph) -> Mixing:
    """The first shuffle between two convolutions of which the first has groups.

    Raises:
        DrawError: there is none.
    """
    convolutions: dict[str, Node] = {}
    shuffles: dict[str, Node] = {}
    for node in graph:
        source = node.inputs[0] if node.inputs else ""
        if node.layer.kind == "conv2d":
            if source in shuffles:
                shuffle = shuffles[source]
                return Mixing(convolutions[shuffle.inputs[0]], shuffle, node)
            if node.layer.attributes()["groups"] > 1:
                convolutions[node.name] = node
        elif node.layer.kind == "channel_shuffle" and source in convolutions:
            shuffles[node.name] = node
        elif node.layer.in_place and len(node.inputs) == 1:
            for layer in (convolutions, shuffles):
                if source in layer:
                    layer[node.name] = layer[source]
    raise DrawError(
        f"network {graph.name!r} has no channel shuffle between two convolutions",
        fix="--figure 1, or a network with one, such as henet-r3",
    )


def channels(drawing: Drawing) -> ElementTree.Element:
    """The figure as an SVG element.

    Raises:
        DrawError: the network has no shuffle between two convolutions.
    """
    theme = THEMES[drawing.ground]
    result = mixing(drawing.reports[0].graph)
    read = result.first.input_shapes[0][0]
    most = max(int(size) for size in (read, result.first.channels, result.second.channels))
    cell = max(3.0, min(18.0, _WIDEST / most))
    return _Sheet(theme, cell, most).drawn(result)


class _Sheet:
    """Rows of channels, from the input down to the output."""

    def __init__(self, theme: Theme, cell: float, most: int) -> None:
        self.theme = theme
        self.cell = cell
        size = {"width": _LABELS + most * cell + 20, "height": 3 * _ROW + 50}
        self.svg = ElementTree.Element(
            f"{{{SVG}}}svg",
            {"viewBox": f"0 0 {_number(size['width'])} {_number(size['height'])}"}
            | {key: f"{value}pt" for key, value in _numbers(size).items()},
        )
        self._rect(0, 0, size["width"], size["height"], theme.ground, "none")

    def drawn(self, result: Mixing) -> ElementTree.Element:
        first: Any = result.first.layer
        second: Any = result.second.layer
        m, n = first.groups, second.groups
        content = result.groups(result.first)
        shuffle = result.shuffle.layer
        sources = [shuffle.reads(c, result.shuffle.input_shapes)[0][0] for c in range(len(content))]
        given = [c * m // first.in_channels for c in range(int(first.in_channels))]
        taken = [c * n // second.in_channels for c in range(int(second.in_channels))]
        self._fans(0, given, content, m)
        for channel, source in enumerate(sources):
            self._line(1, source, channel, _colour(content[source], m))
        self._fans(2, taken, result.groups(result.second), n)
        self._row(0, ([group] for group in given), m, f"input, {len(given)} channels")
        self._row(1, ([group] for group in content), m, f"{_word(first)}1, m = {m} groups")
        shuffled = ([content[source]] for source in sources)
        self._row(2, shuffled, m, f"channel shuffle, {shuffle.attributes()['groups']} groups")
        self._row(3, map(sorted, result.origins()), m, f"{_word(second)}2, n = {n} groups")
        return self.svg

    def _row(self, row: int, colours: Iterable[list[int]], m: int, label: str) -> None:
        """Channels, each in the colours of the groups that it depends on."""
        y = self._y(row)
        self._text(8, y + 12, label)
        for channel, groups in enumerate(colours):
            x = _LABELS + channel * self.cell
            part = 16 / len(groups)
            for index, group in enumerate(groups):
                self._rect(x, y + index * part, self.cell, part, _colour(group, m), "none")
            self._rect(x, y, self.cell, 16, "none", self.theme.ground)
            if len(groups) == 1 and self.cell >= 12:
                fill = _colour(groups[0], m)
                self._text(x + self.cell / 2, y + 12, str(groups[0] + 1), "middle", on(fill))

    def _fans(self, row: int, above: list[int], below: list[int], groups: int) -> None:
        """From the channels that each group of a convolution reads to those that it makes."""
        for group in range(groups):
            sides = (above, below)
            top, bottom = ([i for i, own in enumerate(side) if own == group] for side in sides)
            corners = ((top[0], 0), (top[-1] + 1, 0), (bottom[-1] + 1, 1), (bottom[0], 1))
            ends = (self._y(row) + 16, self._y(row + 1))
            points = (
                f"{_number(_LABELS + x * self.cell)},{_number(ends[down])}" for x, down in corners
            )
            look = {"fill": self.theme.frames[1], "stroke": self.theme.border}
            self._add("polygon", {"points": " ".join(points)} | look)

    def _line(self, row: int, source: int, target: int, colour: str) -> None:
        ends = {
            "x1": _LABELS + (source + 0.5) * self.cell,
            "y1": self._y(row) + 16,
            "x2": _LABELS + (target + 0.5) * self.cell,
            "y2": self._y(row + 1),
        }
        self._add("line", _numbers(ends) | {"stroke": colour})

    def _rect(self, x: float, y: float, width: float, height: float, fill: str, line: str) -> None:
        place = {"x": x, "y": y, "width": width, "height": height}
        self._add("rect", _numbers(place) | {"fill": fill, "stroke": line})

    def _text(self, x: float, y: float, text: str, anchor: str = "start", fill: str = "") -> None:
        look = {
            "font-family": "Helvetica, Arial, sans-serif",
            "font-size": "12" if anchor == "start" else "9",
            "fill": fill or self.theme.text,
            "text-anchor": anchor,
        }
        self._add("text", _numbers({"x": x, "y": y}) | look).text = text

    def _add(self, tag: str, attributes: dict[str, str]) -> ElementTree.Element:
        return ElementTree.SubElement(self.svg, f"{{{SVG}}}{tag}", attributes)

    @staticmethod
    def _y(row: int) -> float:
        return 16 + row * _ROW


def _word(layer: Layer) -> str:
    """`GConv`, or what else the convolution is."""
    return caption_of(layer).title.rpartition(" ")[2]


def _colour(group: int, of: int) -> str:
    """A hue for each group, neighbours of unlike lightness."""
    red, green, blue = hls_to_rgb(group / of, 0.42 if group % 2 else 0.66, 0.62)
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in (red, green, blue))


def _numbers(values: dict[str, float]) -> dict[str, str]:
    return {key: _number(value) for key, value in values.items()}


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
