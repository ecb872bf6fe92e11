"""`henet-arch draw`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ..support.files import writable
from . import completion, parsing
from .completion import one_of
from .effect import refuse
from .options import MAX_BLOCKS, MaxBlocks, Network, takes_network
from .output import drawing_file
from .paths import Place, Reads, Writes, refuse_more
from .progress import say

if TYPE_CHECKING:
    from ..forms import Picture
    from ..ir.graph import Graph
    from ..ir.model import Model

Form = Annotated[
    Any,
    typer.Option(
        "--format",
        "-f",
        parser=parsing.drawing_form,
        metavar="FORM",
        help="Draw as svg, png, pdf, tikz, dot, figure, mermaid, markdown, text, json or html; "
        "by default as the output's ending says.",
        autocompletion=one_of(completion.drawing_forms),
    ),
]


_NOT_OF_MAPS = ("depth", "fold", "color_by", "direction")


@takes_network
def draw(
    network: Network,
    context: typer.Context,
    compare: Annotated[
        str | None,
        typer.Option(
            metavar="OTHER",
            help="Draw this SOURCE beside it.",
            autocompletion=one_of(completion.presets),
        ),
        Reads,
    ] = None,
    depth: Annotated[
        Literal["stages", "blocks", "layers"], typer.Option(help="Show as much as this.")
    ] = "blocks",
    fold: Annotated[bool, typer.Option(help="Draw equal neighbours once.")] = True,
    color_by: Annotated[
        Literal["macs", "params", "memory", "time"] | None,
        typer.Option(help="Tint by a cost; time is measured with PyTorch."),
    ] = None,
    theme: Annotated[
        Literal["light", "dark"] | None,
        typer.Option(help="Choose the ground of the picture; a page follows its reader's system."),
    ] = None,
    direction: Annotated[
        Literal["down", "right"] | None,
        typer.Option(
            help="Let the data flow this way; a picture on a page takes what fits better."
        ),
    ] = None,
    fit: Annotated[
        str | None,
        typer.Option(
            metavar="PAGE",
            help="Fit a picture to a page: a4, column, slide, or a size as 120x80mm or 400x300pt. "
            "No text is smaller than 6 pt.",
            autocompletion=one_of(completion.pages),
        ),
    ] = None,
    figure: Annotated[
        Literal["1", "2b", "3c", "maps"] | None,
        typer.Option(
            help="Draw feature maps as slabs, by stage (maps), or one figure of the paper; the "
            "form figure alone draws all of the paper's."
        ),
    ] = None,
    max_blocks: MaxBlocks = MAX_BLOCKS,
    form: Form = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write here, whole or not at all; - is standard output. Without it write NAME.svg "
            "here, or NAME with the form's ending, and show the form text.",
        ),
        Writes(drawing_file),
    ] = None,
) -> None:
    """Draw the network for a paper, as a page, or here as a tree."""
    from ..analyzers.report import of_model
    from ..forms import DRAWINGS, Picture, drawing_form_of
    from ..importers.load import load
    from ..results.table import Terminal
    from .output import terminal

    models = [load(network, max_blocks=max_blocks)]
    if compare is not None:
        models.append(_beside(compare, models[0].graph, max_blocks))
    reports = tuple(map(of_model, models))
    shown = terminal() if output is None else Terminal()
    named = output if output is not None and str(output) != "-" else None
    shape = form or (drawing_form_of(named) if named else "svg")
    if figure == "maps":
        refuse(context, "the figure maps has no use for it", *_NOT_OF_MAPS)
    elif figure:
        shape = "figure"
    refuse(context, f"the form {shape} has no use for it", *DRAWINGS[shape].unused)
    drawing = Picture(reports, depth, fold, color_by, theme, direction, fit, figure, shown)
    _send(drawing, form, output)


def _beside(source: str, first: Graph, max_blocks: int) -> Model:
    """The other network; where it does not say its input's shape, at that of the first."""
    from ..importers.load import load
    from ..support.errors import InputShapeError

    try:
        return load(source, max_blocks=max_blocks)
    except InputShapeError:
        return load(source, first.input_shape, max_blocks=max_blocks)


def _send(drawing: Picture, form: str | None, output: Path | None) -> None:
    """To `output`, or to a file named after the network; text to standard output."""
    from ..forms import DRAWINGS
    from .output import send_bytes

    if drawing.figure and output is None:
        form = form or drawing.usual_form
    if output is not None and str(output) != "-":
        _write(drawing, form or drawing.form_of(output), output)
    elif output is not None or (form and DRAWINGS[form].printed):
        send_bytes(drawing.render(form or drawing.usual_form))
    elif form:
        path = Path(f"{drawing.name}{DRAWINGS[form].endings[0]}")
        refuse_more([Place("the drawing", path)])
        _write(drawing, form, path)
    else:
        _write(drawing, "svg", Path(f"{drawing.name}.svg"))


def _write(drawing: Picture, form: str, path: Path) -> None:
    writable(path)  # before what may be measured for it
    drawing.save(path, form)
    say(f"wrote {path}")
