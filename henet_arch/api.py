"""The library's verbs, which take whatever names a network."""

from __future__ import annotations

from dataclasses import replace
from os import PathLike
from typing import TYPE_CHECKING, Any

from .analyzers import report
from .conventions.convention import Convention
from .forms import Picture
from .ir.graph import Graph
from .ir.model import Model, Python
from .results.costs import CostName
from .results.report_table import Depth
from .spec import build as engine
from .spec.presets import Source, find
from .support.limits import MAX_BLOCKS
from .views.drawing import Direction, Figure, Theme

if TYPE_CHECKING:
    from .emitters import Emitted, Target


def build(source: Source = "henet-r3", *, max_blocks: int = MAX_BLOCKS) -> Graph:
    """The network of a `Spec`, a preset's name, or a spec file's path.

    Raises:
        UnknownNameError, FileError, SpecError: `source` names no valid spec.
        LimitError: it repeats more than `max_blocks` blocks.
        RuleError, ShapeError: its numbers do not go together.
    """
    return engine.build(find(source), max_blocks)


def analyze(network: Graph | Source, convention: str | Convention = "exact") -> report.Report:
    """Every static figure of a graph, or of what `build` takes.

    Raises:
        UnknownNameError: no convention has that name; and all that `build` raises.
    """
    graph = network if isinstance(network, Graph) else build(network)
    return report.analyze(graph, convention)


def emit(
    network: Model | Graph | Source, target: str | Target = "torch", **options: Any
) -> Emitted:
    """The files that a target writes for a model or graph, or for what `build` takes.

    What it returns shows the text of one file by `print` and `.text`, and is written by `.save`.
    It is a mapping from names to bytes.

    Args:
        network: The network. Weights that a target needs, and it does not have, are random.
        target: The target's name, or a target with its options.
        options: The options of a target that is given by name.

    Raises:
        UnknownNameError: there is no such target, or it has no such option.
        EmitError: the target cannot express a layer, a name or a size, or an option has no such
            value; and all that `build` raises.
    """
    from . import emitters
    from .runtime.emission import emit as emitted

    if isinstance(target, str):
        configured = emitters.configured(emitters.target(target), options)
    else:
        configured = replace(target, **options)
    return emitted(_model(network), configured)


def _model(network: Model | Graph | Source) -> Model:
    if isinstance(network, Model):
        return network
    if isinstance(network, Graph):
        return Model(network, Python("a graph"))
    spec = find(network)
    return Model(engine.build(spec), spec)


def draw(
    network: Graph | Source,
    output: str | PathLike[str] | None = None,
    *,
    compare: Graph | Source | None = None,
    depth: Depth = "blocks",
    fold: bool = True,
    color_by: CostName | None = None,
    theme: Theme | None = None,
    direction: Direction = "down",
    figure: Figure | None = None,
) -> Picture:
    """A drawing of a graph, or of what `build` takes; of two side by side with `compare`.

    It shows itself in Jupyter. With `output` it is also written there, in the form of the ending.

    Raises:
        UnknownNameError: no form has that ending.
        DrawError: the form cannot show it, or needs Graphviz, and it is missing.
        FileError: the file cannot be written; and all that `build` raises.
    """
    networks = (network,) if compare is None else (network, compare)
    reports = tuple(map(analyze, networks))
    picture = Picture(reports, depth, fold, color_by, theme, direction, figure)
    if output is not None:
        picture.save(output)
    return picture
