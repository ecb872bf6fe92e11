"""What boxes and frames say, and how much room it takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from operator import or_

from ...results.costs import Cost
from ...results.layer_report import LayerReport
from ...views.diagram import Box, Frame
from ...views.drawing import Drawing
from .._captions import (
    box_caption,
    box_title,
    caption_of,
    frame_title,
    joined,
    part_caption,
    spaced,
    symbol,
)
from .._colours import is_opaque, look
from .._text import printable
from .plan import Words
from .spacing import Spacing
from .text_width import text_width
from .wiring import Read

SMALL = 7.0
"""The smallest text, in points, before a page is fitted."""
LEADING = 1.2
BAR = 2.5
BAR_GAP = 2.5
SIGN = 14.0
APART = 4.0
"""Between lines that reach one box."""
_MOST_APART = 12
_MOST_LISTED = 12
"""Lines of a block that is a list."""
FRAME_BAR = 36.0
"""How long a frame's bar is."""
ASIDE = 6.0
"""Between what stands beside each other at the top of a frame."""


@dataclass(frozen=True)
class Content:
    """The lines of a box or frame, and its cost as a part of the largest, if it says it."""

    words: tuple[Words, ...]
    role: str = "plain"
    share: float | None = None
    tint: float | None = None
    opaque: bool = False
    reads: int = 0
    """Of a sign: how many maps it brings together."""
    aside: Words | None = None
    """Of a frame: beside its first line."""
    stacked: bool = False
    """Of a frame: whether its bar stands below its lines, and not beside the last."""
    listed: bool = False
    """Whether the lines below the first are a list."""

    @property
    def lines_height(self) -> float:
        """The height of all lines, and of a frame's bar below them."""
        bar = BAR + BAR_GAP if self.stacked and self.share is not None else 0.0
        return sum(line.size * LEADING for line in self.words) + bar

    @property
    def lines_width(self) -> float:
        """The width of the longest line."""
        return max((width_of(line) for line in self.words), default=0.0)

    @property
    def title_width(self) -> float:
        """The width of a frame's lines, with what stands beside them."""
        first, *more = map(width_of, self.words)
        beside = width_of(self.aside) + ASIDE if self.aside else 0.0
        lines = [first + beside, *more]
        if self.share is not None and not self.stacked:
            lines[-1] += FRAME_BAR + ASIDE
        return max(lines)

    @property
    def across(self) -> float:
        """The least extent across the flow that leaves room for the lines that reach it."""
        return SIGN + APART * max(min(self.reads, _MOST_APART) - 2, 0) if self.reads else 0.0

    @property
    def flat(self) -> Content:
        """Of a frame, the same in one line."""
        beside = ", ".join(words.text for words in (*filter(None, [self.aside]), *self.words[1:]))
        aside = Words(beside, SMALL, faint=True) if beside else None
        return replace(self, words=self.words[:1], aside=aside)

    @property
    def narrow(self) -> Content:
        """Of a frame, the same with nothing beside anything."""
        words = (*self.words[:1], *filter(None, [self.aside]), *self.words[1:])
        return replace(self, words=words, aside=None, stacked=True)


def width_of(words: Words) -> float:
    """The width of a line."""
    return text_width(words.text, words.size, bold=words.bold)


@dataclass(frozen=True)
class Contents:
    """What stands in the boxes and frames of one network of a drawing."""

    drawing: Drawing
    cost: Cost
    outputs: frozenset[str]
    """The keys of the boxes that give the network's outputs and say so."""
    spacing: Spacing

    def size(self, content: Content) -> tuple[float, float]:
        """The width and height of a box around it."""
        beside, above = self.spacing.box
        bar = BAR + BAR_GAP if content.share is not None else 0.0
        width = content.lines_width + 2 * beside
        height = content.lines_height + 2 * above + bar
        if content.role == "sign":
            return max(SIGN, width if len(content.words[0].text) > 1 else 0.0), SIGN
        return width, height

    def box(self, box: Box, *, inside: bool) -> Content:
        """A box; where the block around it says the cost, `inside`, it says only what it does."""
        if sign := symbol(box.part):
            words = " ".join(filter(None, (sign, joined(box.part))))
            reads = len(box.part.main.node.inputs)
            return Content(
                (Words(printable(words), self.spacing.title, bold=True),), "sign", reads=reads
            )
        lines = [*self._title(box), *self._lines(box)]
        if box.key in self.outputs:
            lines.append(Words("output", SMALL, faint=True))
        figure, share = ("", None) if inside else self._figure(box.layers, box.repeat)
        if figure:
            lines.append(Words(printable(figure), SMALL))
        return Content(
            tuple(lines), look(box), share, self._tint(box.layers), opaque=is_opaque(box)
        )

    def frame(self, frame: Frame, around: Frame | None) -> Content:
        """The lines at the top of a frame: a block's with its cost, and the map that it gives.

        Args:
            around: the frame around it, which says the map of all inside where it is the same.
        """
        layers = tuple(layer for box in frame.boxes() for layer in box.layers)
        title = frame_title(frame).strip() or frame.part.label
        words = [Words(printable(title), self.spacing.title, bold=True)]
        share = None
        if frame.part.level != "stage" and self.drawing.depth == "blocks":
            figure, share = self._figure(layers, frame.repeat)
            words += [Words(printable(figure), SMALL)] if figure else []
        aside = None if around and self._is_of_all(around) else self._gives(frame)
        return Content(tuple(words), share=share, aside=aside)

    def listed(self, frame: Frame, reads: Sequence[Read]) -> Content:
        """A frame as one box that lists what is inside, a layer in a line.

        Args:
            reads: who reads whom inside: where branches are, an arrow says what continues one.
        """
        layers = tuple(layer for box in frame.boxes() for layer in box.layers)
        figure, share = self._figure(layers, frame.repeat)
        lines = list(self._listed_lines(frame, reads))
        if len(lines) > _MOST_LISTED:
            lines[_MOST_LISTED - 1 :] = ["..."]
        words = [Words(printable(part_caption(frame.part).title), self.spacing.title, bold=True)]
        words += [Words(printable(line), SMALL) for line in (*lines, figure) if line]
        return Content(tuple(words), "plain", share, self._tint(layers), listed=True)

    def _listed_lines(self, frame: Frame, reads: Sequence[Read]) -> Iterator[str]:
        sources: dict[str | None, set[str | None]] = defaultdict(set)
        for read in reads:
            sources[read.target].add(read.source)
        follows = [sources[child.key] == {before.key} for before, child in pairwise(frame.children)]
        merges = [isinstance(child, Box) and bool(symbol(child.part)) for child in frame.children]
        branches = not all(map(or_, follows, merges[1:]))
        for child, continues, merge in zip(frame.children, (False, *follows), merges, strict=True):
            arrow = "-> " if branches and continues and not merge else ""
            for box in child.boxes():
                yield arrow + self._in_a_line(box)
                arrow = ""

    def _in_a_line(self, box: Box) -> str:
        own = caption_of(box.part.main.node.layer)
        if symbol(box.part):
            return ", ".join(filter(None, (own.title, joined(box.part))))
        width = _own_width(box)
        words = (box_title(box), str(width) if width else "", *own.lines)
        return ", ".join(filter(None, words))

    def output(self, shape: Sequence[object]) -> Content:
        """What the network gives."""
        return Content((Words(" x ".join(map(str, shape)), SMALL, faint=True),), "ground")

    def _title(self, box: Box) -> Iterator[Words]:
        title, width = box_title(box), _own_width(box)
        beside = width and not self.spacing.narrow
        words = f"{title}, {width}" if beside else title
        yield Words(printable(words), self.spacing.title, bold=True)
        if width and not beside:
            yield Words(str(width), SMALL)

    def _lines(self, box: Box) -> Iterator[Words]:
        lines = list(box_caption(box).lines)
        if self.drawing.depth == "blocks" and box.part.level == "unit":
            lines = list(caption_of(box.part.main.node.layer).lines)
        if self.drawing.depth != "blocks" and box.part.main.node.inputs:
            lines.append(spaced(box.layers[-1].node.shape))
        yield from (Words(printable(line), SMALL) for line in lines)

    def _figure(self, layers: Sequence[LayerReport], repeat: int) -> tuple[str, float | None]:
        figure = self.cost.told(layers, repeat)
        return figure, self._share(layers) if figure else None

    def _tint(self, layers: Sequence[LayerReport]) -> float | None:
        return None if self.drawing.color_by is None else self._share(layers)

    def _share(self, layers: Sequence[LayerReport]) -> float:
        return min(self.cost.of(layers) / self.drawing.most, 1.0) if self.drawing.most else 0.0

    def _is_of_all(self, around: Frame) -> bool:
        """Whether all frames inside give the map that it gives."""
        inside = (child for child in around.children if isinstance(child, Frame))
        return all(self._gives(frame) == self._gives(around) for frame in inside)

    def _gives(self, frame: Frame) -> Words:
        last = list(frame.boxes())[-1]
        each = len(last.layers) // last.repeat
        first, end = last.layers[each - 1].node.shape, last.layers[-1].node.shape
        text = spaced(end) if first == end else f"{first[0]} to {spaced(end)}"
        return Words(text, SMALL, faint=True)


def _own_width(box: Box) -> int:
    """The channels that a layer with weights gives; 0 where it keeps those that it reads."""
    if box.part.level != "unit":
        return 0
    node = box.part.main.node
    return int(node.shape[0]) if look(box) in ("conv", "grouped", "dense") or is_opaque(box) else 0
