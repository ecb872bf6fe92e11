"""A live bar on a terminal's standard error, and warnings."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from textwrap import fill
from typing import TYPE_CHECKING

from ..support.printable import printable

if TYPE_CHECKING:
    from ..results.table import Table
    from ..training.dataset import Listener

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


def say_tables(tables: Iterable[Table]) -> None:
    """Tables on standard error, as wide as the terminal."""
    from ..results.text import text_of
    from .output import terminal

    say(text_of(tables, replace(terminal(), colour=False)).rstrip() + "\n")


@contextmanager
def reading() -> Iterator[Listener]:
    """A listener that says on standard error what is done with files, with a bar on a terminal."""
    from ..training.dataset import Listener

    class Said(Listener):
        def progress(self, done: int, total: int) -> None:
            bar(done, total, "")

        def say(self, sentence: str) -> None:
            say(sentence)

        def show(self, table: Table) -> None:
            say_tables([table])

    with watching("reading images") as bar:
        yield Said()


def warn(sentences: Sequence[str]) -> None:
    """Say each on standard error."""
    for sentence in sentences:
        say(f"warning: {sentence}")


def say(sentence: str) -> None:
    """On standard error."""
    if sys.stderr is not None:
        print(printable(sentence), file=sys.stderr)


def say_wrapped(sentence: str) -> None:
    """The same of a long list, in lines as wide as the terminal; no word is broken."""
    from .output import terminal

    width = terminal().width
    say(fill(sentence, width, break_long_words=False, break_on_hyphens=False))
