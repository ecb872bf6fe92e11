"""What is to be drawn, and how: the value that every drawing renderer takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

from ..analyzers.report import Report
from ..ir.graph import Graph
from ..results.costs import Cost, CostName, cost
from ..results.report_table import Depth
from ..results.table import Terminal
from ..support.errors import DrawError, look_up
from .diagram import Box, Diagram, diagram
from .page_size import PageSize, page_size

Theme = Literal["light", "dark"]
Direction = Literal["down", "right"]
Figure = Literal["1", "2b", "3c", "maps"]
MAP_FORMS = ("svg", "png", "pdf", "tikz")
"""The forms that draw feature maps; the form `figure` draws the paper's figures."""


_CHOICES: dict[str, tuple[str, ...]] = {
    "depth": get_args(Depth),
    "color_by": get_args(CostName),
    "theme": get_args(Theme),
    "direction": get_args(Direction),
    "figure": get_args(Figure),
}
"""What the settings of a drawing may be."""
_OPTIONAL = ("color_by", "theme", "direction", "figure")

SETTINGS = ("depth", "fold", "color_by", "theme", "direction", "fit")
"""The settings that some forms of drawings have no use for."""

DIAGRAM_SETTINGS = tuple(name for name in SETTINGS if name != "fit")
"""Those of a diagram that something else lays out."""


@dataclass(frozen=True, repr=False)
class Drawing:
    """One network, or two side by side, at one depth."""

    reports: tuple[Report, ...]
    depth: Depth = "blocks"
    fold: bool = True
    color_by: CostName | None = None
    """The cost that boxes are tinted by; their bars are of it, or of the MACs."""
    theme: Theme | None = None
    """Light where nothing is said; a page follows its reader's system then."""
    direction: Direction | None = None
    """Where nothing is said, right in a picture, or down if more fits; down in other forms."""
    fit: str | None = None
    """The page to fit a picture to: a name of `PAGES`, or a size as `120x80mm`."""
    figure: Figure | None = None
    """Feature maps as slabs, in `MAP_FORMS`; or one of the paper's figures, for the form that draws
    them, which draws all of them without it."""
    terminal: Terminal = field(default_factory=Terminal)
    """Where text is shown."""
    layer_seconds: Callable[[Graph], Mapping[str, float]] = field(kw_only=True)
    """Measures the time of each layer, by name; called where the cost is the time."""

    def __post_init__(self) -> None:
        for report in self.reports:
            if any(not isinstance(size, int) for node in report.graph for size in node.shape):
                raise DrawError(
                    f"network {report.graph.name!r} has sizes that are open",
                    fix="numbers for the symbols: drawings show costs as numbers",
                )
        for key, names in _CHOICES.items():
            if (value := getattr(self, key)) is not None or key not in _OPTIONAL:
                look_up(value, dict.fromkeys(names), key)
        if self.fit is not None:
            page_size(self.fit)

    @property
    def ground(self) -> Theme:
        """The theme of a picture."""
        return self.theme or "light"

    @property
    def page(self) -> PageSize | None:
        """The page to fit a picture to."""
        return page_size(self.fit) if self.fit is not None else None

    @property
    def name(self) -> str:
        """The network's name, or those of both."""
        return "-vs-".join(report.graph.name for report in self.reports)

    @cached_property
    def diagrams(self) -> tuple[Diagram, ...]:
        """One for each network, no key in two of them."""
        return self._cut(self.depth)

    def _cut(self, depth: Depth) -> tuple[Diagram, ...]:
        return tuple(
            diagram(report, depth, fold=self.fold, key=key)
            for key, report in zip(
                ("a", "b") if len(self.reports) > 1 else ("",), self.reports, strict=True
            )
        )

    @cached_property
    def detailed(self) -> tuple[Diagram, ...]:
        """The same as pictures have them: at the depth of blocks with their layers inside."""
        if self.depth != "blocks":
            return self.diagrams
        return self._cut("layers")

    @cached_property
    def costs(self) -> tuple[Cost, ...]:
        """The cost that is shown, for each network."""
        if self.color_by != "time":
            return tuple(cost(self.color_by or "macs") for _ in self.reports)
        return tuple(cost("time", self.layer_seconds(report.graph)) for report in self.reports)

    @cached_property
    def most(self) -> float:
        """The largest cost of a box in any of the networks: the end of the scale."""
        return max(
            how.of(box.layers)
            for diagram, how in zip(self.diagrams, self.costs, strict=True)
            for box in diagram.boxes
        )

    def share(self, box: Box, how: Cost) -> float:
        """A box's cost as a part of the largest one."""
        return how.of(box.layers) / self.most if self.most else 0.0

    def __repr__(self) -> str:
        return f"<Drawing {self.name}, {self.depth}>"


@dataclass(frozen=True)
class DrawingForm:
    """The contract of a form of drawings, one for each renderer that draws.

    Attributes:
        draw: makes the drawing, as text or as bytes.
        endings: of the files that have the form, the usual one first.
        uses: those of `SETTINGS` that change something in the form.
        printed: whether it is shown on standard output where no file is named.
        alone: whether it is of one network, and never of two side by side.
    """

    draw: Callable[[Drawing], str | bytes]
    endings: tuple[str, ...]
    uses: tuple[str, ...] = SETTINGS
    printed: bool = False
    alone: bool = False

    @property
    def unused(self) -> tuple[str, ...]:
        """The settings that change nothing in it."""
        return tuple(name for name in SETTINGS if name not in self.uses)
