"""Runs a piece of code within time and memory, and holds a command against its promises."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from cli.run import Outcome, run

from henet_arch.training.run.folder import MARKER

CPU_SECONDS = 20
"""Of one example; what is in the suite takes a tenth of a second."""
SECONDS = 120
"""By the clock, for code that waits."""
MEMORY = 2 * 2**30
"""Bytes beyond what the process has."""


class _LateError(BaseException):
    """Out of time; no `except Exception` of the code that is tried may catch it."""


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Within the bounds above.

    Raises:
        AssertionError: the code was still running when its time was over.
        MemoryError: it asks for more memory, wherever that is not caught.
    """
    timers = ((signal.SIGPROF, signal.ITIMER_PROF, CPU_SECONDS),
              (signal.SIGALRM, signal.ITIMER_REAL, SECONDS))  # fmt: skip
    before = [signal.signal(number, _late) for number, _, _ in timers]
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_size() + MEMORY, limits[1]))
    try:
        for _, timer, seconds in timers:
            signal.setitimer(timer, seconds)
        yield
    except _LateError:
        raise AssertionError(f"longer than {CPU_SECONDS} s of work or {SECONDS} s") from None
    finally:
        for (number, timer, _), handler in zip(timers, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)
        resource.setrlimit(resource.RLIMIT_AS, limits)


def _late(_number: int, _frame: FrameType | None) -> None:
    raise _LateError


def _size() -> int:
    """Bytes of address space that this process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


@contextlib.contextmanager
def folder(files: dict[str, str | bytes]) -> Iterator[Path]:
    """A new working folder with these files."""
    with tempfile.TemporaryDirectory(prefix="fuzz") as name, contextlib.chdir(name):
        for path, content in files.items():
            Path(path).write_bytes(
                content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
            )
        yield Path(name)


def command(*words: str) -> Outcome:
    """What `henet-arch WORDS` does in this folder, once its promises are seen to hold.

    It ends with a known code in time, without a traceback and without a control character; what
    it refuses leaves the folder as it was, and nothing is ever half-written.
    """
    before = _content()
    with bounded():
        outcome = run(*words)
    assert outcome.code in (0, 1, 2, 3), outcome
    assert "Traceback" not in outcome.err
    assert all(c.isprintable() or c in "\n" for c in outcome.err), outcome.err
    if outcome.code in (2, 3):
        assert outcome.err, "an error without a word"
        assert len(outcome.err) < 10_000
        assert _content() == before
    assert not [name for name in os.listdir() if name.endswith(".part")]
    return outcome


def _content() -> dict[str, Any]:
    """Every file of this folder with what is in it, but for who held it last."""
    return {
        str(path): path.read_bytes() if path.is_file() else None
        for path in sorted(Path().rglob("*"))
        if path.name != MARKER
    }
