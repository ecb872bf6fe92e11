"""Finding and checking the official files of data sets; nothing is ever unpickled."""

from __future__ import annotations

import hashlib
import os
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

import torch

from ...support.errors import DataError
from ...support.files import opened, read_bytes
from ...support.limits import LARGEST_DATA_FILE
from ..data import Data, Split
from .archive import Archive

_SIDE = 32


def in_folder(folder: Path | None, expected: Sequence[str], url: str) -> Path:
    """`folder`, if the user named one.

    Raises:
        DataError: none was named.
    """
    if folder is None:
        raise DataError(
            "the data set is not on this machine as far as is known",
            why=f"it is read from {' or '.join(expected)}, and nothing is downloaded",
            fix=f"fetch {url} and name its folder: --data-dir DIR",
        )
    return folder


@contextmanager
def checked(path: Path, md5: str) -> Iterator[BufferedReader]:
    """The file, if its content has the checksum `md5`.

    Raises:
        DataError: it has another.
        FileError: it cannot be read.
    """
    with opened(path, LARGEST_DATA_FILE) as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        if digest != md5:
            raise DataError(
                f"{path} is damaged or another file: its MD5 is {digest}",
                why=f"the official file's is {md5}",
                fix="fetch it again",
            )
        file.seek(0)
        yield file


def read_archive(name: str, archive: Archive, folder: Path | None) -> Data:
    """The data set of an archive, or of the folder that it unpacks to.

    Raises:
        DataError: neither is there, or a file is damaged.
        FileError: a file cannot be read.
    """
    wanted = (archive.file, f"{archive.folder}/")
    folder = in_folder(folder, wanted, archive.url)
    unpacked = next((f for f in (folder / archive.folder, folder) if _has(f, archive)), None)
    if os.path.lexists(folder / archive.file):
        with checked(folder / archive.file, archive.md5) as file:
            parts, note = _packed(file, folder / archive.file, archive), ""
    elif unpacked:
        files = (*archive.train, *archive.test)
        parts = {file: read_bytes(unpacked / file, LARGEST_DATA_FILE) for file in files}
        note = f"unpacked files in {unpacked.name}/: sizes and labels checked, no checksum known"
    else:
        raise DataError(
            f"{folder} holds no {name}",
            why=f"neither {wanted[0]} nor {wanted[1]}{archive.train[0]} is there",
            fix=f"fetch {archive.url}",
        )
    train, test = (
        _split({file: parts[file] for file in files}, archive, count)
        for files, count in zip((archive.train, archive.test), archive.records, strict=True)
    )
    digest = _digest(parts)
    return Data(name, archive.classes, train, test, augmented=True, note=note, digest=digest)


def _digest(parts: dict[str, bytes]) -> str:
    """The same for an archive and for what it unpacks to, so that a run can go on with either."""
    digest = hashlib.sha256()
    for content in parts.values():
        digest.update(content)
    return digest.hexdigest()[:16]


def _has(folder: Path, archive: Archive) -> bool:
    return os.path.lexists(folder / archive.train[0])


def _packed(file: BinaryIO, path: Path, archive: Archive) -> dict[str, bytes]:
    """The members by name, read in memory and never written."""
    result = {}
    try:
        with tarfile.open(fileobj=file) as tar:
            for name in (*archive.train, *archive.test):
                if member := tar.extractfile(f"{archive.folder}/{name}"):
                    result[name] = member.read()
    except (tarfile.TarError, OSError, EOFError, KeyError, zlib.error) as error:
        raise DataError(f"{path} cannot be unpacked: {error}", fix="fetch it again") from None
    return result


def _split(parts: dict[str, bytes], archive: Archive, count: int) -> Split:
    record = archive.labels + 3 * _SIDE * _SIDE
    rows = []
    for file, content in parts.items():
        if len(content) != record * count:
            raise DataError(
                f"{file} has {len(content):,} bytes",
                why=f"{count:,} records of {record:,} bytes are {record * count:,}",
                fix=f"unpack it again from {archive.file}",
            )
        rows.append(torch.frombuffer(bytearray(content), dtype=torch.uint8).view(count, record))
    table = torch.cat(rows)
    labels = table[:, archive.labels - 1].long()
    if int(labels.max()) >= len(archive.classes):
        raise DataError(
            f"{', '.join(parts)}: a label is {int(labels.max())}",
            why=f"there are {len(archive.classes)} classes",
            fix=f"unpack it again from {archive.file}",
        )
    images = table[:, archive.labels :].view(-1, 3, _SIDE, _SIDE).permute(0, 2, 3, 1)
    return Split(images.contiguous(), labels)
