"""Where the official binary archive of a data set is, and what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .dataset import DataSet, Request

if TYPE_CHECKING:
    from .data import Data


@dataclass(frozen=True)
class Archive:
    """An official binary archive of labelled 3x32x32 images."""

    url: str
    md5: str
    folder: str
    train: tuple[str, ...]
    test: tuple[str, ...]
    records: tuple[int, int]
    """Records in each training file, and in each test file."""
    labels: int
    """Label bytes before each image; the last one is the class."""
    classes: tuple[str, ...]

    @property
    def file(self) -> str:
        return self.url.rpartition("/")[2]


def archived(name: str, archive: Archive) -> DataSet:
    """The data set `name`, read from its archive or from the folder that this unpacks to."""

    def load(request: Request) -> Data:
        from .archives import read_archive

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
