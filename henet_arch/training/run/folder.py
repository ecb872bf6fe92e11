"""The folder of a training: a new one, an empty one, or its own, for one process at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ...importers.run_files import CHECKPOINT, METRICS, WEIGHTS
from ...support.errors import FileError
from ...support.files import reason
from ...support.locks import held

AVERAGED = "averaged.safetensors"
CURVES = {form: f"curves.{form}" for form in ("svg", "png", "pdf")}
ERRORS = "errors.html"
FOUND = "files.csv"
FILES = frozenset((CHECKPOINT, METRICS, WEIGHTS, AVERAGED, *CURVES.values(), ERRORS, FOUND))
TENSORBOARD = "tensorboard"
"""The folder of event files. A training writes it and `FILES` into its folder, and nothing else."""
LOGS = {"csv": METRICS, TENSORBOARD: TENSORBOARD}
"""What the forms of the log are written into."""
MARKER = ".henet-arch-run"
"""The lock of a training, which also says that the folder is one's."""


@contextmanager
def own(folder: Path) -> Iterator[None]:
    """Use `folder` for a training; where nothing came of it, nothing of it is left.

    Raises:
        FileError: the folder holds something else, is in use by another process, or cannot be made.
    """
    usable(folder)
    new = [path for path in (folder, *folder.parents) if not os.path.lexists(path)]
    try:
        _make(folder)
        with held(folder / MARKER, str(folder), remove=False):
            usable(folder)
            _clear(folder)
            try:
                yield
            finally:
                _forget_nothing(folder)
    finally:
        for path in new:
            with suppress(OSError):  # it holds something
                path.rmdir()


def usable(folder: Path) -> None:
    """Refuse a folder that is neither new, nor empty, nor a training's own.

    Raises:
        FileError: it holds what no training has written, or links in a file's place.
    """
    try:
        names = sorted(os.listdir(folder)) if os.path.lexists(folder) else []
    except (OSError, ValueError) as error:
        raise FileError(
            f"cannot use {str(folder)!r}: {reason(error)}", fix="a new folder"
        ) from None
    foreign = [name for name in names if name not in FILES and name != TENSORBOARD]
    trained = CHECKPOINT in names and not foreign  # before there was a marker
    if names and MARKER not in names and not trained:
        raise FileError(
            f"{folder} is no folder of a training: it holds {(foreign or names)[0]}",
            why="a training writes into a new folder, an empty one, or its own",
            fix="another --output",
        )
    for name in names:
        if name in FILES and not _is_file(folder / name):
            raise FileError(f"{folder / name} is not a regular file", fix="another --output")
    events = folder / TENSORBOARD
    if TENSORBOARD in names and (events.is_symlink() or not events.is_dir()):
        raise FileError(f"{events} is no folder", fix="another --output")


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(
            f"cannot make the folder {folder}: {reason(error)}", fix="another --output"
        ) from None


def _forget_nothing(folder: Path) -> None:
    """Remove the marker of a training that has left nothing else."""
    with suppress(OSError):
        if os.listdir(folder) == [MARKER]:
            (folder / MARKER).unlink()


def _clear(folder: Path) -> None:
    """Remove what a training that was killed has left half-written."""
    for name in FILES:
        for part in folder.glob(f".{name}.*.part"):
            if _is_file(part):
                part.unlink(missing_ok=True)
