"""Images that are decoded once, and kept for the next time as one file that is mapped to memory."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ....support import cache
from ....support.errors import DataError, FileError
from ....support.files import read_text
from ....support.limits import LARGEST_DATA_FILE
from ....support.locks import held
from ...dataset import Listener, Resize
from .picture import UNREADABLE, Fault, Taken, coverage, take
from .room import PART, check_room, lock_of, make_room, remove
from .walk import File

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FORMAT = 1
_PIXELS, _INDEX = "pixels.npy", "index"
_AT_ONCE = 32
"""Images that a thread decodes before it gives them away."""


class _Index(BaseModel):
    """What is kept beside the pixels."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    resize: tuple[int, int] | None = Field(strict=False)
    checksum: int
    traits: dict[str, tuple[str, ...]] = Field(strict=False)
    """Of images with any, by number."""
    faults: dict[str, Fault] = Field(strict=False)
    """Of files that hold no image, by number."""


@dataclass(frozen=True)
class Kept:
    """Decoded images.

    Attributes:
        pixels: `(N, H, W, C)`, one for each file; anything where there is a fault.
        resize: what they cover; None where they were stretched.
        traits: what is unusual about images, by the number of the file.
        faults: why a file holds no image, by its number.
        checksum: of the pixels.
    """

    pixels: NDArray[np.uint8]
    resize: tuple[int, int] | None
    traits: dict[int, tuple[str, ...]]
    faults: dict[int, Fault]
    checksum: int


@dataclass(frozen=True)
class Wanted:
    """Which images, and in what form.

    Attributes:
        root: the folder that the files' paths begin at.
        files: the files.
        channels: 3 for colours, 1 for grey.
        size: height and width of the network's input.
        resize: what the images cover; what suits them when None.
    """

    root: str
    files: Sequence[File]
    channels: int
    size: tuple[int, int]
    resize: Resize

    @property
    def key(self) -> str:
        """Another one where a file or the form of the images is another."""
        form = (_FORMAT, version("pillow"), self.channels, self.size, self.resize, self.root)
        digest = hashlib.sha256(repr(form).encode())
        for file in self.files:
            digest.update(os.fsencode(file.path) + f"\0{file.size}\0{file.changed}\n".encode())
        return digest.hexdigest()[:32]


def kept(wanted: Wanted, listener: Listener) -> Kept:
    """The images, from the cache where they are in it.

    Raises:
        DataError: there is no room for them.
        FileError: the cache cannot be used.
    """
    with cache.writable(cache.folder() / "images") as folder:
        place = folder / wanted.key
        with held(lock_of(place), str(place), remove=True, wait=True):
            if (found := _read(place, wanted)) is not None and not _is_mended(found, wanted):
                listener.say(f"{len(wanted.files):,} decoded images are read from {place}")
            else:
                _make(place, wanted, listener)
                found = _read(place, wanted)
        if found is None:
            raise DataError(f"the decoded images in {place} are damaged", fix="remove the folder")
        make_room(folder, place)
        return found


def _read(place: Path, wanted: Wanted) -> Kept | None:
    """What is kept there; None where it is nothing, or damaged."""
    try:
        digest, _, text = read_text(place / _INDEX, LARGEST_DATA_FILE).partition("\n")
        if digest != _digest(text):
            return None
        index = _Index.model_validate_json(text)
        pixels = np.load(place / _PIXELS, mmap_mode="c", allow_pickle=False)
        shape = (len(wanted.files), *(index.resize or wanted.size), wanted.channels)
        if pixels.dtype != np.uint8 or pixels.shape != shape or not pixels.flags.c_contiguous:
            return None
        whole = (place / _PIXELS).stat().st_size == pixels.offset + pixels.nbytes
        if not whole or _checksum(pixels) != index.checksum:
            return None
        os.utime(place)
        return Kept(
            pixels,
            index.resize,
            {int(number): traits for number, traits in index.traits.items()},
            {int(number): fault for number, fault in index.faults.items()},
            index.checksum,
        )
    except (OSError, FileError, ValueError, EOFError):
        return None


def _is_mended(found: Kept, wanted: Wanted) -> bool:
    """Whether a file can be read that could not: neither its size nor its time tells."""
    return any(
        fault.kind == UNREADABLE
        and os.access(os.path.join(wanted.root, wanted.files[number].path), os.R_OK)
        for number, fault in found.faults.items()
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _checksum(pixels: NDArray[np.uint8]) -> int:
    flat, result = pixels.reshape(-1), 0
    for start in range(0, len(flat), 1 << 24):
        result = zlib.crc32(flat[start : start + (1 << 24)].data, result)
    return result


def _make(place: Path, wanted: Wanted, listener: Listener) -> None:
    """Decode all files into a folder beside, and give it its name when it is whole.

    Raises:
        DataError: there is no room for them.
        OSError: they cannot be written.
    """
    resize = coverage(wanted.root, wanted.files, wanted.size, wanted.resize)
    shape = (len(wanted.files), *(resize or wanted.size), wanted.channels)
    needed = int(np.prod(shape))
    make_room(place.parent, place, needed)
    check_room(place.parent, needed)
    part = place.with_name(f"{place.name}{PART}")
    remove(part, place)
    part.mkdir(mode=0o700)
    try:
        index = _fill(part / _PIXELS, shape, resize, wanted, listener)
        with (part / _INDEX).open("x", encoding="utf-8") as file:
            text = index.model_dump_json()
            file.write(f"{_digest(text)}\n{text}")
            file.flush()
            os.fsync(file.fileno())
        part.replace(place)
    except BaseException:
        remove(part)
        raise
    listener.say(f"{len(wanted.files):,} images are decoded, and kept in {place}")


def _fill(
    path: Path,
    shape: tuple[int, ...],
    resize: tuple[int, int] | None,
    wanted: Wanted,
    listener: Listener,
) -> _Index:
    """Write the pixels of all files, in order."""
    traits: dict[str, tuple[str, ...]] = {}
    faults: dict[str, Fault] = {}
    checksum = done = 0
    blank = bytes(int(np.prod(shape[1:])))

    def decoded(start: int) -> list[Taken]:
        return [
            take(os.path.join(wanted.root, file.path), wanted.channels, wanted.size, resize)
            for file in wanted.files[start : start + _AT_ONCE]
        ]

    with path.open("xb") as out:
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_2_0(out, header)
        for batch in _in_order(decoded, range(0, shape[0], _AT_ONCE)):
            for taken in batch:
                content = blank if taken.pixels is None else taken.pixels.tobytes()
                out.write(content)
                checksum = zlib.crc32(content, checksum)
                if taken.fault:
                    faults[str(done)] = taken.fault
                elif taken.traits:
                    traits[str(done)] = taken.traits
                done += 1
            listener.progress(done, shape[0])
        out.flush()
        os.fsync(out.fileno())
    return _Index(resize=resize, checksum=checksum, traits=traits, faults=faults)


def _in_order(work: Callable[[int], Any], starts: Sequence[int]) -> Iterator[Any]:
    """What `work` gives for each start, several at once; few wait to be taken."""
    workers = min(os.cpu_count() or 1, 8)
    pool = ThreadPoolExecutor(workers)
    try:
        waiting: deque[Future[Any]] = deque()
        for start in starts:
            waiting.append(pool.submit(work, start))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
