"""Goes through a space, run by run, here or on the workers of an executor."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import closing, contextmanager
from pathlib import Path

from ..support.errors import BudgetError, FileError, HenetArchError
from ..support.files import writable
from ..support.locks import held
from .checkpoint import Run
from .explore import RunResult, explore
from .progress import Progress, kept_of
from .query import Query

_LONGEST = 262_144
"""Specs of a run."""
_SHORTEST = 64
"""Of the first one."""
_RUN_SECONDS = 0.5
_TRIED = 2.0
"""Seconds in which the speed is found."""
_SAVED_EVERY = 10.0
"""Seconds."""

Watch = Callable[[int, int, str], None]
"""Told how many specs are done, of how many, and what to say beside it."""


def search(
    progress: Progress,
    executor: Executor | None = None,
    *,
    ahead: int = 16,
    length: int | None = None,
    checkpoint: Path | None = None,
    watch: Watch = lambda done, total, text: None,
) -> None:
    """Do what is left of the search.

    With an executor its workers do it, `ahead` runs at a time; without a `length`, runs take about
    half a second. The state is written to `checkpoint` every ten seconds, and whatever ends the
    search early.

    Raises:
        BudgetError: the executor's workers are lost, or fail.
        FileError: the checkpoint cannot be written.
    """
    query = progress.query
    results = _results(progress, executor, ahead, length)
    saved = time.monotonic()
    try:
        with closing(results):
            for run, result in results:
                progress.add(run, result)
                watch(progress.result.tested, query.space.size, _said(progress.result))
                if checkpoint and time.monotonic() - saved > _SAVED_EVERY:
                    progress.save(checkpoint)
                    saved = time.monotonic()
    except BaseException:
        if checkpoint and progress.state.done:
            progress.save(checkpoint)
        raise


def _results(
    progress: Progress, executor: Executor | None, ahead: int, length: int | None
) -> Generator[tuple[Run, RunResult]]:
    """Runs that are done; the first ones here, longer and longer, to find a good length."""
    query = progress.query
    if length is None:
        length = yield from _paced(progress)
    runs = progress.left(length)
    yield from _spread(query, runs, executor, ahead) if executor else _here(query, runs)


def _paced(progress: Progress) -> Generator[tuple[Run, RunResult], None, int]:
    """Some runs, and from the fastest of them how long the others are to be."""
    began = time.monotonic()
    length, speed = _SHORTEST, 0.0
    while length < _LONGEST and time.monotonic() - began < _TRIED:
        run = next(progress.left(length), None)
        if run is None:
            break
        start = time.perf_counter()
        result = explore(progress.query, *run)
        speed = max(speed, result.tested / (time.perf_counter() - start))
        yield run, result
        length *= 4
    return min(max(int(speed * _RUN_SECONDS), _SHORTEST), _LONGEST)


def _here(query: Query, runs: Iterator[Run]) -> Generator[tuple[Run, RunResult]]:
    for run in runs:
        yield run, explore(query, *run)


def _spread(
    query: Query, runs: Iterator[Run], executor: Executor, ahead: int
) -> Generator[tuple[Run, RunResult]]:
    """In the order in which the workers are done."""
    waiting: dict[Future[RunResult], Run] = {}
    try:
        while True:
            for run in runs:
                with _losses_named():
                    waiting[executor.submit(explore, query, *run)] = run
                if len(waiting) >= ahead:
                    break
            if not waiting:
                return
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                with _losses_named():
                    result = future.result()
                yield waiting.pop(future), result
    finally:
        for future in waiting:
            future.cancel()


@contextmanager
def _losses_named() -> Iterator[None]:
    """A lost worker as our error."""
    try:
        yield
    except HenetArchError:
        raise
    except Exception as error:  # whatever an executor raises when it loses its workers
        raise BudgetError(
            f"a worker is lost: {type(error).__name__}: {error}"[:300],
            fix="the same command again, which goes on from the checkpoint",
        ) from error


def _said(result: RunResult) -> str:
    return f"{result.within:,} within the bounds, {len(result.front):,} on the front"


@contextmanager
def alone(checkpoint: Path | None) -> Iterator[None]:
    """Let no other process search with the same checkpoint meanwhile.

    Raises:
        FileError: another one does, or the checkpoint cannot be written.
    """
    if checkpoint is None:
        yield
        return
    place = writable(checkpoint)
    with held(place.with_name(f".{place.name}.lock"), str(checkpoint), remove=True):
        yield


def forget(query: Query, checkpoint: Path) -> None:
    """Remove a checkpoint that is of no more use; what is not of this query stays.

    Raises:
        FileError: it is there, and cannot be removed.
    """
    try:
        kept_of(query, checkpoint)
    except HenetArchError:
        return
    try:
        checkpoint.resolve().unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"cannot remove {checkpoint}: {error.strerror}") from None
