"""A folder of image files as a data set."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

import torch
from torch import Tensor

from ....support.errors import DataError
from ....support.printable import printable
from ...data import Data, Split, check_classes
from ...dataset import Request
from ...findings import Findings
from .holdout import SHARE, held_out
from .kept import Kept, Wanted, kept
from .listing import Labelled, Listing, list_images
from .picture import described, explained

_MOST_SAID = 8
"""Classes whose names are said before the training."""


def load(request: Request) -> Data:
    """The images of a folder, decoded once, but for those that cannot be read.

    Raises:
        DataError: the folder is not laid out in classes, a class has no image that can be read,
            its classes are not the network's, or there is no room for the decoded images.
        LimitError: it has too many files.
        FileError: the cache cannot be used.
    """
    tests_only = request.tests_only and request.holdout is None
    listing = list_images(request.folder, request.classes, tests_only=tests_only)
    check_classes(f"the folder {listing.root}", listing.classes, request.outputs)
    _check_holdout(listing, request)
    every = [*listing.train, *(listing.test or ())]
    if not every:
        raise DataError(f"{listing.root} holds no image", fix="image files in folders of classes")
    files = [each.file for each in every]
    wanted = Wanted(listing.root, files, request.channels, request.size, request.resize)
    images = kept(wanted, request.listener)
    findings = _findings(listing, every, images)
    if findings.all:
        request.listener.show(findings.table())
    train, test = _splits(listing, every, images, request)
    _check_learnable(listing, train, findings, tests_only=tests_only)
    high, wide = images.pixels.shape[1:3]
    training = f"{len(train):,} training images and " if len(train) else ""
    request.listener.say(
        f"{training}{len(test):,} test images of {_said(listing.classes)}, kept as {high}x{wide}"
    )
    return Data(
        "folder",
        listing.classes,
        train,
        test,
        augmented=True,
        note=_note(listing, findings, test, request),
        findings=findings,
        digest=_digest(listing, every, images),
    )


def _check_holdout(listing: Listing, request: Request) -> None:
    """Refuse a share where the folder says itself which images are for tests.

    Raises:
        DataError: it does.
    """
    if request.holdout is None:
        return
    if listing.test is not None:
        raise DataError(
            f"holdout = {request.holdout} changes nothing here: the folder has tests",
            where=listing.root,
            fix="no --holdout, or another folder",
        )


def _findings(listing: Listing, every: Sequence[Labelled], images: Kept) -> Findings:
    result = list(listing.findings)
    for number, each in enumerate(every):
        if fault := images.faults.get(number):
            result.append(explained(each.file.path, fault))
        else:
            result += described(each.file.path, images.traits.get(number, ()))
    return Findings(listing.root, len(every) - len(images.faults), result)


def _splits(
    listing: Listing, every: Sequence[Labelled], images: Kept, request: Request
) -> tuple[Split, Split]:
    """The images to train on, and those for tests, without files that hold none."""
    good = torch.tensor([n for n in range(len(every)) if n not in images.faults], dtype=torch.long)
    labels = torch.tensor([each.label for each in every], dtype=torch.long)
    if listing.test is None:
        share = SHARE if request.holdout is None else request.holdout
        tested = held_out(labels[good], share, request.seed)
    else:
        tested = good >= len(listing.train)
    pixels = torch.from_numpy(images.pixels)

    def split(places: Tensor) -> Split:
        names = [every[n].file.path for n in places.tolist()]
        return Split(
            pixels,
            labels[places],
            places,
            names,
            fitting="stretch" if images.resize is None else "cover",
        )

    return split(good[~tested]), split(good[tested])


def _check_learnable(
    listing: Listing, train: Split, findings: Findings, *, tests_only: bool
) -> None:
    """Refuse a class none of whose files holds an image.

    Raises:
        DataError: there is one.
    """
    if tests_only:
        return
    counts = torch.bincount(train.labels, minlength=len(listing.classes)).tolist()
    for name, count in zip(listing.classes, counts, strict=True):
        if not count:
            raise DataError(
                f"the class {name!r} has no image that can be read",
                why=_first_of(listing, name, findings),
                fix="repair its files, or remove its folder",
            )


def _first_of(listing: Listing, name: str, findings: Findings) -> str:
    inside = f"{os.sep}{name}{os.sep}"
    broken = (f for f in findings.all if f.skipped and inside in f"{os.sep}{f.path}")
    told = (f"{f.path}: {f.kind}" + (f", {f.detail}" if f.detail else "") for f in broken)
    return next(told, "")


def _note(listing: Listing, findings: Findings, test: Split, request: Request) -> str:
    """What whoever reads the accuracy should know of the images."""
    parts = []
    if listing.test is None:
        parts.append(f"the {len(test):,} test images were held out by the seed {request.seed}")
    elif listing.is_flat:
        parts.append(
            "all images of the folder are tested; --holdout and --seed, as train had them, test "
            "those that it held out"
        )
    counts = torch.bincount(test.labels, minlength=len(listing.classes)).tolist()
    untested = [name for name, n in zip(listing.classes, counts, strict=True) if not n]
    if untested:
        parts.append(f"no image tests {_said(untested)}")
    if findings.skipped:
        parts.append(f"{findings.skipped:,} files of the folder are not used")
    return "; ".join(parts)


def _digest(listing: Listing, every: Sequence[Labelled], images: Kept) -> str:
    digest = hashlib.sha256(repr((images.checksum, listing.classes, len(listing.train))).encode())
    for each in every:
        digest.update(os.fsencode(each.file.path) + f"\0{each.label}\n".encode())
    return digest.hexdigest()[:16]


def _said(classes: Sequence[str]) -> str:
    """How many classes there are, and what the first are called."""
    names = ", ".join(printable(name) for name in classes[:_MOST_SAID])
    more = ", ..." if len(classes) > _MOST_SAID else ""
    return f"{len(classes):,} class{'es' * (len(classes) > 1)} ({names}{more})"
