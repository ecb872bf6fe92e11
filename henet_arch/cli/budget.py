"""`henet-arch budget`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..support.errors import BudgetError
from ..support.exit_codes import FAILED, INTERRUPTED
from ..support.files import writable
from ..support.limits import LARGEST_SETTING, MAX_SPECS, MOST_JOBS
from . import completion, parsing
from .completion import key_of, one_of, some_of
from .effect import refuse
from .options import Format, Network, Output, count, parsed, takes_network
from .output import plot_file, spec_file, text_file
from .paths import Place, Reads, Writes, refuse_overlap
from .progress import say, watching

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from ..search.query import Query
    from ..search.result import SearchResult
    from ..spec.spec import Spec

_EACH = parsing.values_of_each
_ALL_OR_EACH = parsing.values_of_all_or_each
_CHOICES = parsing.choices
_Amount = Annotated[Any, parsed(parsing.amount, "N", "Refuse networks with more: 87.5k, 80M.")]
_Bounds = list[Any] | None
_BOUND = key_of(completion.measures)
_MEASURES = some_of(completion.measures)


@takes_network
def budget(
    network: Network,
    source: str | None,
    context: typer.Context,
    channels: Annotated[
        Any, parsed(_EACH, "V,V,...", "Try these values of each width: 8..64:8,48/64,96,192.")
    ] = None,
    repeats: Annotated[
        Any,
        parsed(
            _ALL_OR_EACH, "V[,V...]", "Try these blocks of all stages together, or of each: 1..5."
        ),
    ] = None,
    strides: Annotated[
        Any,
        parsed(
            _CHOICES,
            "V[,V...]",
            "Try these strides of all reducing blocks together, or of each: 1/2.",
        ),
    ] = None,
    kernels: Annotated[
        Any, parsed(_CHOICES, "V[,V...]", "Try these spatial kernels together, or each: 3/5.")
    ] = None,
    input: Annotated[
        Any, parsed(parsing.images, "V", "Try these heights and widths: 31/47/63, or 1x28x28.")
    ] = None,
    classes: Annotated[
        Any, parsed(parsing.values, "V", "Try these outputs of the last layer: 10/100.")
    ] = None,
    groups: Annotated[
        Any,
        parsed(
            _CHOICES,
            "V",
            "Try these rules or numbers of groups: nearest-divisors/depthwise/3.",
            some_of(completion.groupings, "/"),
        ),
    ] = None,
    padding: Annotated[
        Any,
        parsed(
            _CHOICES,
            "V",
            "Try these rules of padding: odd-resolution/same.",
            some_of(completion.paddings, "/"),
        ),
    ] = None,
    set: Annotated[
        list[Any] | None,
        parsed(
            parsing.open_setting,
            "KEY=V",
            "Try these values of any key of the family: width=0.25..1:0.25.",
            completion.settings,
        ),
    ] = None,
    family: Annotated[
        Any,
        parsed(
            parsing.names,
            "NAME/NAME",
            "Try these families: henet/shufflenet.",
            some_of(completion.families, "/"),
        ),
    ] = None,
    max_params: _Amount = None,
    max_macs: _Amount = None,
    max_memory: Annotated[
        Any,
        parsed(
            parsing.amount,
            "BYTES",
            "Refuse networks with more peak activation memory, fp32: 512KiB.",
        ),
    ] = None,
    at_most: Annotated[
        _Bounds,
        parsed(
            parsing.bound, "MEASURE=N", "Refuse networks with more of a measure: depth=40.", _BOUND
        ),
    ] = None,
    at_least: Annotated[
        _Bounds,
        parsed(
            parsing.bound, "MEASURE=N", "Refuse networks with less of a measure: macs=60M.", _BOUND
        ),
    ] = None,
    maximize: Annotated[
        Any,
        parsed(
            parsing.words_or_none,
            "MEASURE,...",
            "Make these measures large: macs, depth, width or another; or none.",
            _MEASURES,
        ),
    ] = "macs",
    minimize: Annotated[
        Any,
        parsed(
            parsing.words_or_none,
            "MEASURE,...",
            "Make these measures small: params, memory or another; or none.",
            _MEASURES,
        ),
    ] = "params",
    check: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SOURCE",
            help="Say whether this network is on the front; exit 1 where it is not.",
            autocompletion=one_of(completion.presets),
        ),
        Reads,
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the front too, as .svg, .png or .pdf."),
        Writes(plot_file),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a network of the front as a spec: best.toml."),
        Writes(spec_file),
    ] = None,
    point: Annotated[
        Any,
        count(
            "Save this network of the front, as the table numbers them: 1 by default.",
            LARGEST_SETTING,
        ),
    ] = None,
    jobs: Annotated[Any, count("Search with so many processes of this machine.", MOST_JOBS)] = 1,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Search with the workers of this Dask scheduler."),
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep an interrupted search here: budget-ID.json."),
        Writes(text_file),
    ] = None,
    max_specs: Annotated[
        Any, parsed(parsing.amount, "N", "Refuse a larger space than this.")
    ] = MAX_SPECS,
    format: Format = None,
    output: Output = None,
) -> None:
    """Find the exact Pareto front of a space of networks.

    Where nothing is open, the family's default space is searched.
    """
    from ..importers.load import resolve_spec
    from ..search import estimate
    from ..search.choices import space
    from ..search.query import query
    from ..search.result import networks
    from ..search.search import alone, forget
    from .output import show

    if point is not None and save is None:
        raise typer.BadParameter("--point goes with --save FILE")
    keys = {"strides": strides, "kernels": kernels, "groups": groups, "padding": padding}
    keys |= {"channels": channels, "repeats": repeats, "input": input, "classes": classes}
    keys = {key: choice for key, choice in keys.items() if choice is not None} | dict(set or ())
    spec = resolve_spec(network, "a search")
    base = spec if source or not family else _first(family[0], spec)
    refuse(context, "the networks of a space are named after it", "name")
    named = {"params": max_params, "macs": max_macs, "memory": max_memory}
    most = [(name, number) for name, number in named.items() if number is not None]
    asked = query(
        space(base, families=family or (), keys=keys),
        at_most=_tightest([*most, *(at_most or ())], min),
        at_least=_tightest(at_least or (), max),
        maximize=maximize,
        minimize=minimize,
    )
    estimate.refuse(asked, max_specs)
    held = networks(check or ())
    if plot:
        from ..renderers.plot import budget as front

        front.ready(asked, plot)
    path = checkpoint or _usual(asked)
    if path and not checkpoint:
        others = {"--output": output, "--plot": plot, "--save": save}
        written = [Place(word, other) for word, other in others.items() if other]
        refuse_overlap((), [*written, Place("the checkpoint", path)])
        writable(path)
    with alone(path):
        result = _found(asked, path, jobs, scheduler).against(held)
        if plot:
            front.plot(result, plot)
        show(result, format, output)
        if save:
            _save(result, point or 1, save)
        if path:
            forget(asked, path)
    if not result.holds:
        raise typer.Exit(FAILED)


def _found(asked: Query, path: Path | None, jobs: int, scheduler: str | None) -> SearchResult:
    """The answer, with a bar while it is sought; interrupted, it can be gone on with."""
    from ..search import estimate
    from ..search.api import begun
    from ..search.result import SearchResult
    from ..search.search import search

    progress = begun(asked, path)
    size = asked.space.size
    done = progress.result.tested
    if done:
        say(f"going on from {path}: {done / size:.0%} is done")
    seconds = estimate.seconds(asked) * (1 - done / size) if size > _AT_ONCE else 0.0
    if seconds >= _TOLD:
        say(f"{size - done:,} specs, {estimate.told(seconds)} on one core")
    if path is None:
        say("this folder cannot be written: nothing is kept without --checkpoint FILE")
    try:
        with _workers(jobs, scheduler) as (executor, ahead), watching("searching") as watch:
            search(progress, executor, ahead=ahead, checkpoint=path, watch=watch)
    except KeyboardInterrupt:
        share = progress.result.tested / size
        kept = f"; the same command goes on from {path}" if path and path.exists() else ""
        say(f"stopped at {share:.0%}{kept}")
        raise typer.Exit(INTERRUPTED) from None
    return SearchResult(asked, progress.result)


def _first(family: str, spec: Spec) -> Spec:
    """The network of a family as its source has it, with the end of another spec."""
    from ..spec.spec import Spec

    return Spec(family=family, features_only=spec.features_only, softmax=spec.softmax)


def _save(result: SearchResult, number: int, path: Path) -> None:
    """Write a point of the front as a spec file."""
    from ..spec.files import save

    count = len(result.points)
    if count == 0:
        say(f"{path} is not written: there is no network to save")
    elif number > count:
        raise BudgetError(f"the front has {count} points, and no {number}", fix=f"--point {count}")
    else:
        save(result.points[number - 1].spec, path)
        say(f"point {number} is saved: henet-arch analyze {path}")


def _usual(asked: Query) -> Path | None:
    """A file in this folder, if one can be written here."""
    here = Path()
    return here / f"budget-{asked.fingerprint[:8]}.json" if os.access(here, os.W_OK) else None


_TOLD = 2.0
"""Seconds that nobody needs to be told of."""
_AT_ONCE = 2000
"""Specs of which nobody asks how long they take."""


def _tightest(bounds: Sequence[tuple[str, int]], pick: Callable[[int, int], int]) -> dict[str, int]:
    """One bound for each measure."""
    result: dict[str, int] = {}
    for name, number in bounds:
        result[name] = pick(result.get(name, number), number)
    return result


@contextmanager
def _workers(jobs: int, scheduler: str | None) -> Iterator[tuple[Executor | None, int]]:
    """What does the work, and how many runs it is given at a time."""
    from ..search.executors import AHEAD, cluster, processes

    if scheduler and jobs > 1:
        raise typer.BadParameter("--jobs is of no use with --scheduler")
    if scheduler:
        with cluster(scheduler) as (executor, count):
            yield executor, AHEAD * count
    elif jobs > 1:
        with processes(jobs) as pool:
            yield pool, AHEAD * jobs
    else:
        yield None, 1
