"""A live bar on a terminal's standard error, and warnings."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ..support.printable import printable

Watch = Callable[[int, int, str], None]
"""Told how much is done, of how much, and what to say beside it."""


@contextmanager
def watching(what: str) -> Iterator[Watch]:
    """A bar with the time that is left, where standard error is a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda done, total, text: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    said_last = TextColumn("{task.fields[text]}")
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), Remaining(), said_last)
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, text="")

        def watch(done: int, total: int, text: str) -> None:
            bar.update(task, completed=done, total=total, text=text)

        yield watch


def warn(sentences: Sequence[str]) -> None:
    """Say each on standard error."""
    for sentence in sentences:
        say(f"warning: {sentence}")


def say(sentence: str) -> None:
    """On standard error."""
    if sys.stderr is not None:
        print(printable(sentence), file=sys.stderr)
