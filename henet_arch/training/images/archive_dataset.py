"""Data sets that are read from an official archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..dataset import DataSet, Request
from .archive import Archive

if TYPE_CHECKING:
    from ..data import Data


def archived(name: str, archive: Archive) -> DataSet:
    """The data set `name`, read from its archive or from the folder that this unpacks to."""

    def load(request: Request) -> Data:
        from .archive_files import read_archive

        return read_archive(name, archive, request.folder)

    images = sum(
        len(files) * records
        for files, records in zip((archive.train, archive.test), archive.records, strict=True)
    )
    return DataSet(
        f"{images:,} colour photographs, 32x32, of {len(archive.classes)} classes; {archive.file}, "
        "or what it unpacks to",
        load,
        frozenset({"augment"}),
    )
