"""Which images a folder has, of which classes, and which of them are for tests."""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ....ir.classes import is_unicode
from ....support.errors import DataError, LimitError
from ....support.files import reason
from ....support.limits import MOST_IMAGES
from ...findings import Finding
from .walk import SKIPPED, File, Place, is_folder, place_of, walk

TRAIN, TESTS = ("train",), ("test", "val")
"""What the folders are called, whatever their case; the first that is there is read."""
_MORE_TRAIN, _MORE_TESTS = (*TRAIN, "training"), (*TESTS, "testing", "valid", "validation")
"""The same where both are there; one of them alone may be a class."""
_LAYOUT = "DIR/train/CLASS/*.jpg, DIR/test/CLASS/*.jpg"


@dataclass(frozen=True)
class Listing:
    """The image files of a folder.

    Attributes:
        root: the folder.
        classes: the names of the classes, by label.
        train: the files to train on.
        test: the files for tests alone; None where the folder does not say which.
        findings: what else lies there.
        is_flat: whether classes lie in the folder itself, and not in train/ and test/.
    """

    root: str
    classes: tuple[str, ...]
    train: Sequence[Labelled]
    test: Sequence[Labelled] | None
    findings: Sequence[Finding]
    is_flat: bool


class Labelled(NamedTuple):
    """A file, and its class by its place among them."""

    file: File
    label: int


class _Layout(NamedTuple):
    """Folders of folders of classes, below the root; None for one that is not read."""

    named: str
    """The one whose folders name the classes."""
    train: str | None
    test: str | None


def list_images(folder: Path | None, known: Sequence[str] = (), *, tests_only: bool) -> Listing:
    """The image files of `folder`: in train/ and test/, or in folders of classes.

    Args:
        folder: Where they are.
        known: The names of the classes, by label; those of the folders, sorted, when there are
            none.
        tests_only: Whether images to train on are left out; of a folder without test/ all
            images are for tests then.

    Raises:
        DataError: there is no such folder, or its classes are none, ambiguous, not the same, or
            without images.
        LimitError: it has too many files.
    """
    if folder is None:
        raise DataError(
            "the data set folder is read from a folder, and none is named",
            fix=f"--data-dir DIR, with {_LAYOUT}",
        )
    root = os.path.abspath(folder)
    top = _folders(root, "")
    layout = _layout(root, top, tests_only=tests_only)
    names = tuple(known or _folders(root, layout.named))
    _check_names(os.path.join(root, layout.named), names)
    findings = list(_beside(top, layout))
    seen: set[Place] = set()
    others = set(_places(root, layout, names))
    train, test = (
        None if path is None else _labelled(root, path, names, findings, seen, others)
        for path in (layout.train, layout.test)
    )
    if train is not None:
        _check_all_there(root, layout.named, names, train, findings)
    return Listing(root, names, train or (), test, findings, not layout.named)


def _layout(root: str, top: Sequence[str], *, tests_only: bool) -> _Layout:
    """Which folders are read.

    Raises:
        DataError: what is asked for is not there.
    """
    train, test = _parts(root, top)
    if train is None and test is None:
        return _Layout("", None, "") if tests_only else _Layout("", "", None)
    if tests_only and test is None:
        raise DataError(
            f"{root} has no {'/ or '.join(TESTS)}/",
            why="what is in train/ was trained on, but for what was held out",
            fix="--holdout SHARE and --seed N, as train had them",
        )
    if tests_only:
        return _Layout(train or str(test), None, test)
    if train is None:
        raise DataError(f"{root} has {test}/, and no {TRAIN[0]}/", fix=_LAYOUT)
    return _Layout(train, train, test)


def _parts(root: str, top: Sequence[str]) -> tuple[str | None, str | None]:
    """The folders of what is trained on and of tests."""
    train, test = _called(top, _MORE_TRAIN), _called(top, _MORE_TESTS)
    if train and test and _folders(root, train) and _folders(root, test):
        return train, test
    return _called(top, TRAIN), _called(top, TESTS)


def _called(top: Sequence[str], names: Sequence[str]) -> str | None:
    """The folder of the first of these names, whatever the case of its letters."""
    found = {folder.lower(): folder for folder in (*top, *(name for name in names if name in top))}
    return next((found[name] for name in names if name in found), None)


def _folders(root: str, path: str) -> list[str]:
    """The names of the folders in one, sorted, but for hidden ones.

    Raises:
        DataError: it cannot be read.
    """
    try:
        with os.scandir(os.path.join(root, path)) as entries:
            return sorted(e.name for e in entries if e.name[0] != "." and is_folder(e))
    except (OSError, ValueError) as error:
        raise DataError(
            f"cannot read the folder {os.path.join(root, path)!r}: {reason(error)}",
            fix=f"--data-dir DIR, with {_LAYOUT}",
        ) from None


def _places(root: str, layout: _Layout, names: Sequence[str]) -> Iterator[Place]:
    """The folders of all classes, and those that hold them."""
    parts = [path for path in (layout.train, layout.test) if path is not None]
    for path in ["", *parts, *(os.path.join(part, name) for part in parts for name in names)]:
        with suppress(OSError):
            yield place_of(os.path.join(root, path))


def _beside(top: Sequence[str], layout: _Layout) -> Iterator[Finding]:
    """The folders beside train/ and test/ that are not read."""
    if layout.named:
        for name in top:
            if name not in (layout.named, layout.test):
                yield Finding(name, "beside train/ and test/", SKIPPED, True)


def _labelled(
    root: str,
    path: str,
    names: Sequence[str],
    findings: list[Finding],
    seen: set[Place],
    others: Collection[Place],
) -> Sequence[Labelled]:
    """The files of each class in a folder; what else lies there goes to `findings`.

    Raises:
        DataError: a folder is of no class.
        LimitError: there are too many files.
    """
    where = os.path.join(root, path)
    there = _folders(root, path)
    if unknown := sorted(set(there) - set(names)):
        raise DataError(
            f"{os.path.join(where, unknown[0])!r} is of a class that is not known",
            why=f"the classes are {', '.join(names)}",
            fix=f"remove the folder {unknown[0]}, or name it as its class",
        )
    result: list[Labelled] = []
    for label, name in enumerate(names):
        if name not in there:
            continue
        for each in walk(root, os.path.join(path, name), seen, others):
            if isinstance(each, Finding):
                findings.append(each)
            elif len(result) < MOST_IMAGES:
                result.append(Labelled(each, label))
            else:
                raise LimitError(
                    f"{where} has more than {MOST_IMAGES:,} images", fix="a folder of fewer"
                )
    for name in sorted(set(os.listdir(where)) - set(there)):
        kind = "hidden" if name.startswith(".") else "outside of classes"
        findings.append(Finding(os.path.join(path, name), kind, SKIPPED, True))
    return result


def _check_all_there(
    root: str,
    named: str,
    names: Sequence[str],
    files: Sequence[Labelled],
    findings: Sequence[Finding],
) -> None:
    """Refuse classes without files.

    Raises:
        DataError: there is one.
    """
    there = {each.label for each in files}
    for label, name in enumerate(names):
        if label not in there:
            folder = os.path.join(named, name)
            inside = (f for f in findings if _is_inside(f.path, folder))
            unused = next((f"; {f.path!r} is not used: {f.kind}" for f in inside), "")
            raise DataError(
                f"{os.path.join(root, folder)!r} has no image",
                why=f"each folder is a class, and a class without images cannot be learned{unused}",
                fix="remove the folder, or put images into it",
            )


def _is_inside(path: str, folder: str) -> bool:
    """Whether a path is that of a folder, or of what is in it."""
    return path == folder or path.startswith(folder + os.sep)


def _check_names(where: str, classes: Sequence[str]) -> None:
    """Refuse names of classes that cannot be kept apart or written.

    Raises:
        DataError: there are none, or some are refused.
    """
    if len(classes) < 2:
        raise DataError(
            f"{where} has {'one folder' if classes else 'no folders'}",
            why="each folder is a class, and there are two at least",
            fix=_LAYOUT,
        )
    alike: dict[str, list[str]] = defaultdict(list)
    for name in classes:
        if not is_unicode(name):
            raise DataError(
                f"{os.fsencode(name)!r} in {where} is no name of a class: it is not UTF-8",
                fix="rename the folder",
            )
        alike[unicodedata.normalize("NFC", name).casefold()].append(name)
    if double := next((names for names in alike.values() if len(names) > 1), None):
        raise DataError(
            f"{where} has {' and '.join(map(repr, double))}",
            why="names that differ in their case alone are one folder on other systems",
            fix="one folder for them, or another name",
        )
