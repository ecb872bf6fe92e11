"""The forms of what people look at: reports, drawings and plots, by the renderers' names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from .ir.graph import Graph
from .results.report_form import ReportForm
from .results.table import Result, Terminal
from .support.collector import collector_paused
from .support.errors import DrawError, UnknownNameError, nearest
from .support.files import write_bytes
from .support.plugins import Parts
from .views.drawing import MAP_FORMS, Drawing, DrawingForm, Figure

REPORTS: Parts[ReportForm] = Parts("renderers", "REPORT", "report form", of=ReportForm)
DRAWINGS: Parts[DrawingForm] = Parts("renderers", "DRAWING", "drawing form", of=DrawingForm)
PLOTS: Parts[Callable[[Any, Path], None]] = Parts("renderers.plot", "plot", "plot")
"""What draws the result of the analysis of the same name: `plot(result, path)`."""


def report_forms(result: type = object) -> Iterator[str]:
    """The names of the forms that reports of a class have."""
    return (name for name, form in REPORTS.items() if issubclass(result, form.of))


def report_form(name: str, result: type = object) -> ReportForm:
    """The form `name` of reports of a class.

    Raises:
        UnknownNameError: there is none, or only other reports have it.
    """
    if name in REPORTS and issubclass(result, REPORTS[name].of):
        return REPORTS[name]
    raise UnknownNameError(
        f"unknown {REPORTS.noun} {name!r}", fix=nearest(name, report_forms(result))
    )


def rendered(result: Result, form: str, terminal: Terminal | None = None) -> str | bytes:
    """`result` in the form of the renderer named `form`; bytes where that is no text.

    Raises:
        UnknownNameError: no renderer of that name makes such reports.
    """
    render = report_form(form, type(result)).render
    with collector_paused():
        return render(result, terminal or Terminal())


def forms_of(figure: Figure | None, *, several: bool) -> Collection[str]:
    """The names of the forms that draw it; None stands for a diagram."""
    if figure is not None:
        return MAP_FORMS if figure == "maps" else ("figure",)
    return tuple(name for name, form in DRAWINGS.items() if not (several and form.alone))


def drawing_form_of(path: Path, figure: Figure | None = None, *, several: bool = False) -> str:
    """The name of the form of drawings that the path's ending stands for.

    Args:
        path: A file.
        figure: What is drawn instead of a diagram: the message names the forms that draw it.
        several: Whether there are two networks: the message names the forms that draw both.

    Raises:
        UnknownNameError: no form has that ending.
    """
    endings = {name: form.endings for name, form in DRAWINGS.items()}
    fitting = {
        ending: name
        for name, own in endings.items()
        for ending in own
        if path.name.lower().endswith(ending)
    }
    if fitting:
        return fitting[max(fitting, key=len)]
    able = forms_of(figure, several=several)
    listed = (f"{name} ({', '.join(own)})" for name, own in endings.items() if name in able)
    raise UnknownNameError(
        f"no form of drawings has the ending {path.suffix!r}"
        if path.suffix
        else f"{str(path)!r} has no ending that says its form",
        where=str(path),
        fix=f"--format NAME, or an ending of these: {'; '.join(listed)}",
    )


def _layer_seconds(graph: Graph) -> dict[str, float]:
    from .runtime.measure.layer_seconds import layer_seconds  # a roofline limits what it times

    return layer_seconds(graph)


@dataclass(frozen=True, repr=False)
class Picture(Drawing):
    """A drawing that renders, saves and shows itself; in Jupyter it is an SVG."""

    layer_seconds: Callable[[Graph], dict[str, float]] = _layer_seconds

    @property
    def usual_form(self) -> str:
        """The form of the picture that it is: a diagram, or figures of the paper."""
        return "figure" if self.figure and self.figure != "maps" else "svg"

    def render(self, form: str) -> bytes:
        """The drawing in the form of the renderer named `form`.

        Raises:
            UnknownNameError: no renderer of that name draws.
            DrawError: the form cannot show what is asked for.
            GraphvizError: the form needs Graphviz, and it is missing or fails.
        """
        if self.figure == "maps" and form not in MAP_FORMS:
            raise DrawError(
                f"the form {form} does not draw maps", fix=f"one of {', '.join(MAP_FORMS)}"
            )
        if self.figure and self.figure != "maps" and form != "figure":
            raise DrawError(
                f"the form {form} does not draw Figure {self.figure} of the paper",
                fix="the form figure, which is SVG, or no --figure",
            )
        content = DRAWINGS[form].draw(self)
        return content.encode("utf-8", "replace") if isinstance(content, str) else content

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
        form = drawing_form_of(path, self.figure, several=len(self.reports) > 1)
        return self.usual_form if form == "svg" else form

    def _repr_svg_(self) -> str:
        return self.render(self.usual_form).decode()
