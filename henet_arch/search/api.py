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

    `channels` has the values of each width, `repeats` those of all places together (or, as a list
    of lists, of each), `input` those of the image's height and width, `families` the families, and
    `keys` those of any other key, as `repeats` has them. Where nothing has more than one value, the
    families' default spaces are searched.

    Bounds and objectives are by measure: params, macs, activations (elements), memory (bytes at the
    peak), depth, width. Networks in `check` are held against the front: what `load` takes.

    An `executor` is one of concurrent.futures, or Dask's `Client.get_executor()`. A search that is
    interrupted leaves its state in `checkpoint`, from which the next one goes on.

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
