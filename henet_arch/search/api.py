"""The library's verb."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from os import PathLike
from pathlib import Path

from ..importers.load import Source
from ..support.limits import MAX_SPECS
from . import estimate
from .choices import Open, space
from .progress import Progress, resumed
from .query import Query, query
from .result import SearchResult, networks
from .search import Watch, alone, forget, search


def budget(
    network: Source | None = None,
    *,
    channels: Sequence[int | Sequence[int]] | None = None,
    repeats: int | Sequence[int | Sequence[int]] | None = None,
    input: int | Sequence[int | Sequence[int]] | None = None,
    families: Sequence[str] = (),
    keys: Mapping[str, Open] | None = None,
    at_most: Mapping[str, int] | None = None,
    at_least: Mapping[str, int] | None = None,
    maximize: Sequence[str] = ("macs",),
    minimize: Sequence[str] = ("params",),
    check: Iterable[Source] = (),
    executor: Executor | None = None,
    checkpoint: str | PathLike[str] | None = None,
    max_specs: int = MAX_SPECS,
    watch: Watch = lambda done, total, text: None,
) -> SearchResult:
    """The exact Pareto front of all specs like `network` with other values, within bounds.

    Where nothing has more than one value, the families' default spaces are searched. Bounds and
    objectives are by measure: params, macs, activations (elements), memory (bytes at the peak),
    depth (layers), width (channels).

    Args:
        network: What `load` takes, with a spec; its other values stay as they are.
        channels: The values of each width, in channels.
        repeats: The values of all repeats together or, as a list of lists, of each.
        input: The values of the image's height and width, in pixels.
        families: The families to search.
        keys: The values of any other key of a spec, as `repeats` has them.
        at_most: The largest value of each measure.
        at_least: The smallest value of each measure.
        maximize: Measures of which more is better.
        minimize: Measures of which less is better.
        check: Networks to hold against the front: what `load` takes.
        executor: What runs the work: one of concurrent.futures, or Dask's
            `Client.get_executor()`; this process alone when None.
        checkpoint: A file that keeps the state of a search that is interrupted, from which the
            next one goes on.
        max_specs: How many specs the space may have.
        watch: Called with the specs that are done, with all, and with a line on what is found.

    Raises:
        SpecError, UnknownNameError: a value, family or measure is not possible.
        SourceError: the network has no spec.
        BudgetError: no spec can keep the bounds, or a worker is lost.
        LimitError: the space has more than `max_specs` specs.
        FileError: the checkpoint is damaged, of something else, or cannot be written.
    """
    asked = query(
        space(
            network,
            channels=channels,
            repeats=repeats,
            input=input,
            families=families,
            keys=keys,
        ),
        at_most=at_most,
        at_least=at_least,
        maximize=maximize,
        minimize=minimize,
    )
    estimate.refuse(asked, max_specs)
    held = networks(check)
    path = None if checkpoint is None else Path(checkpoint)
    with alone(path):
        progress = begun(asked, path)
        search(progress, executor, checkpoint=path, watch=watch)
        if path is not None:
            forget(asked, path)
    return SearchResult(asked, progress.result).against(held)


def begun(query: Query, checkpoint: Path | None) -> Progress:
    """The search as far as its checkpoint says, or from the start.

    Raises:
        BudgetError, FileError: the checkpoint is of something else.
    """
    if checkpoint is not None and checkpoint.exists():
        return resumed(query, checkpoint)
    return Progress(query)
