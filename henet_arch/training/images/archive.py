"""Where the official binary archive of a data set is, and what it holds."""

from __future__ import annotations

from dataclasses import dataclass


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
