"""What is to be drawn, and how: the value that every drawing renderer takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike, fspath
from pathlib import Path
from types import ModuleType
from typing import Literal, get_args

from ..analyzers.report import Report
from ..results.costs import Cost, CostName, cost
from ..results.table import Terminal
from ..support import plugins
from ..support.errors import DrawError, GraphvizError, UnknownNameError, look_up
from ..support.files import write_bytes
from .diagram import Box, Diagram, diagram
from .report_table import Depth

Theme = Literal["light", "dark"]
Direction = Literal["down", "right"]
Figure = Literal["1", "2b", "3c"]


_CHOICES: dict[str, tuple[str, ...]] = {
    "depth": get_args(Depth),
    "color_by": get_args(CostName),
    "theme": get_args(Theme),
    "direction": get_args(Direction),
    "figure": get_args(Figure),
}
"""What the settings of a drawing may be."""
_OPTIONAL = ("color_by", "theme", "figure")


@dataclass(frozen=True, repr=False)
class Drawing:
    """One network, or two side by side, at one depth.

    Shows itself in Jupyter: as SVG where Graphviz is installed, and else as a page.
    """

    reports: tuple[Report, ...]
    depth: Depth = "blocks"
    fold: bool = True
    color_by: CostName | None = None
    """The cost that boxes are tinted by; their bars are of it, or of the MACs."""
    theme: Theme | None = None
    """Light where nothing is said; a page follows its reader's system then."""
    direction: Direction = "down"
    figure: Figure | None = None
    """One of the paper's figures, for the form that draws them; all of them without it."""
    terminal: Terminal = field(default_factory=Terminal)
    """Where text is shown."""

    def __post_init__(self) -> None:
        for report in self.reports:
            if any(not isinstance(size, int) for node in report.graph for size in node.shape):
                raise DrawError(
                    f"network {report.graph.name!r} has sizes that are open",
                    fix="numbers for the symbols: drawings show costs as numbers",
                )
        for key, known in _CHOICES.items():
            if (value := getattr(self, key)) is not None or key not in _OPTIONAL:
                look_up(value, dict.fromkeys(known), key)

    @property
    def ground(self) -> Theme:
        """The theme of a picture."""
        return self.theme or "light"

    @property
    def picture(self) -> str:
        """The form of the picture that it is: a diagram, or figures of the paper."""
        return "figure" if self.figure else "svg"

    @property
    def name(self) -> str:
        """The network's name, or those of both."""
        return "-vs-".join(report.graph.name for report in self.reports)

    @cached_property
    def diagrams(self) -> tuple[Diagram, ...]:
        """One for each network, no key in two of them."""
        return tuple(
            diagram(report, self.depth, fold=self.fold, key=key)
            for key, report in zip(
                ("a", "b") if len(self.reports) > 1 else ("",), self.reports, strict=True
            )
        )

    @cached_property
    def costs(self) -> tuple[Cost, ...]:
        """The cost that is shown, for each network."""
        return tuple(cost(self.color_by or "macs", report.graph) for report in self.reports)

    @cached_property
    def most(self) -> float:
        """The largest cost of a box in any of the networks: the end of the scale."""
        return max(
            how.of(box.layers)
            for made, how in zip(self.diagrams, self.costs, strict=True)
            for box in made.boxes
        )

    def share(self, box: Box, how: Cost) -> float:
        """A box's cost as a part of the largest one."""
        return how.of(box.layers) / self.most if self.most else 0.0

    def render(self, form: str) -> bytes:
        """The drawing in the form of the renderer named `form`.

        Raises:
            UnknownNameError: no renderer of that name draws.
            DrawError: the form cannot show what is asked for.
            GraphvizError: the form needs Graphviz, and it is missing or fails.
        """
        if self.figure and form != "figure":
            raise DrawError(
                f"the form {form} does not draw Figure {self.figure} of the paper",
                fix="the form figure, which is SVG, or no --figure",
            )
        made: str | bytes = drawer(form).draw(self)
        return made.encode("utf-8", "replace") if isinstance(made, str) else made

    def save(self, path: str | PathLike[str], form: str | None = None) -> None:
        """Write it to `path`, whole or not at all, in the form that its ending says.

        Raises:
            FileError: it cannot be written; and all that `render` raises.
        """
        target = Path(fspath(path))
        write_bytes(target, self.render(form or self.form_of(target)))

    def form_of(self, path: Path) -> str:
        """The form that the path's ending stands for.

        Raises:
            UnknownNameError: no form has that ending.
        """
        found = form_of(path)
        return self.picture if found == "svg" else found

    def __repr__(self) -> str:
        return f"<Drawing {self.name}, {self.depth}>"

    @cached_property
    def _svg(self) -> str | None:
        """The picture, where Graphviz is installed."""
        try:
            return self.render(self.picture).decode()
        except GraphvizError:
            return None

    def _repr_svg_(self) -> str | None:
        return self._svg

    def _repr_html_(self) -> str | None:
        """A page in a frame, where Graphviz is missing."""
        if self._svg is not None:
            return None
        page: str = drawer("html").framed(self)
        return page


def forms() -> dict[str, Sequence[str]]:
    """Every form of drawings, with the endings that stand for it."""
    found = plugins.with_attribute("renderers", "draw")
    return {name: getattr(module, "ENDINGS", (f".{name}",)) for name, module in found.items()}


def drawer(form: str) -> ModuleType:
    """The renderer of drawings named `form`.

    Raises:
        UnknownNameError: there is none.
    """
    return plugins.form(form, "draw", "a drawing")


def unused(form: str) -> tuple[str, ...]:
    """The settings that change nothing in that form of drawings.

    Raises:
        UnknownNameError: there is no such form.
    """
    settings = ("depth", "fold", "color_by", "theme", "direction")
    used = getattr(drawer(form), "USES", settings)
    return tuple(name for name in settings if name not in used)


def form_of(path: Path) -> str:
    """The form that the path's ending stands for.

    Raises:
        UnknownNameError: no form has that ending.
    """
    known = forms()
    fitting = {
        ending: form
        for form, endings in known.items()
        for ending in endings
        if path.name.lower().endswith(ending)
    }
    if fitting:
        return fitting[max(fitting, key=len)]
    told = (f"{form} ({', '.join(endings)})" for form, endings in known.items())
    raise UnknownNameError(
        f"no form of drawings has the ending {path.suffix!r}"
        if path.suffix
        else f"{str(path)!r} has no ending that says its form",
        where=str(path),
        fix=f"--format NAME, or an ending of these: {'; '.join(told)}",
    )
