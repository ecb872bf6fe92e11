"""Image files as arrays of bytes: PGM and PPM as emitted C reads them, others by Pillow."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..support.errors import FileError
from ..support.files import read_bytes, reason
from ..support.limits import LARGEST_IMAGE, LARGEST_IMAGE_FILE
from ..support.optional import first_line, need

if TYPE_CHECKING:
    from numpy.typing import NDArray

ENDINGS = (".pgm", ".ppm", ".pnm", ".png", ".jpg", ".jpeg", ".bmp", ".webp")
"""Of the files of a folder that are taken for images."""
_FORMATS = ("PNG", "JPEG", "BMP", "WEBP")
"""What Pillow is asked to read: formats of plain pixels, none of which starts another program."""
_SPACE = rb"(?:[ \t-\r]|#[^\n]*\n)"
_HEADER = re.compile(rb"P([56])%s+(\d+)%s+(\d+)%s+(\d+)%s" % ((_SPACE,) * 4))
_LONGEST_HEADER = 1 << 20
"""Bytes of a header with its comments."""
_PLAIN = re.compile(rb"P[56][ \t-\r#]")


def image_paths(paths: Iterable[Path]) -> Iterator[Path]:
    """The files, and the image files of each folder in the order of their names.

    Raises:
        FileError: a folder cannot be read, or has no image.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        try:
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in ENDINGS)
        except OSError as error:
            raise FileError(f"cannot read {str(path)!r}: {reason(error)}") from None
        if not inside:
            raise FileError(
                f"{path} holds no image", fix=f"a folder with files of {', '.join(ENDINGS)}"
            )
        yield from inside


def read_image(path: Path) -> NDArray[np.uint8]:
    """An image as (H, W, 3) in RGB or (H, W, 1), from above and from the left.

    Values of fewer or more bits than a byte has are scaled to 0 to 255 and rounded.

    Raises:
        FileError: the file is missing or damaged, holds no image, or one that is too large.
        ExtraError: it is no PGM or PPM, and Pillow is not installed.
    """
    content = read_bytes(path, LARGEST_IMAGE_FILE)
    if _PLAIN.match(content):
        return _portable(path, content)
    return _by_pillow(path, content)


def _portable(path: Path, content: bytes) -> NDArray[np.uint8]:
    header = _HEADER.match(content, 0, _LONGEST_HEADER)
    if not header:
        raise FileError(f"{path} has no header of a PGM or PPM", where=str(path))
    digits = [header[index].lstrip(b"0") for index in (2, 3, 4)]
    width, height, most = (int(number[:9] or b"0") for number in digits)
    _check_size(path, height, width)
    if not 1 <= most <= 65535:
        raise FileError(f"{path} has no largest value of 1 to 65535")
    shape = (height, width, 3 if header[1] == b"6" else 1)
    count, kind = height * width * shape[2], np.dtype(">u2" if most > 255 else "u1")
    if len(content) - header.end() < count * kind.itemsize:
        raise FileError(f"{path} ends before its last pixel")
    values = np.frombuffer(content, kind, count, header.end())
    if values.max() > most:
        raise FileError(f"{path} has a value above the largest that its header says, {most}")
    return _bytes_of(values, most).reshape(shape)


def _check_size(path: Path, height: int, width: int) -> None:
    if not (1 <= height <= LARGEST_IMAGE and 1 <= width <= LARGEST_IMAGE):
        raise FileError(
            f"{path} says a size of {width:,} x {height:,}",
            why=f"images have 1 to {LARGEST_IMAGE:,} pixels a side",
        )


def _by_pillow(path: Path, content: bytes) -> NDArray[np.uint8]:
    """As people see it: turned as the camera says, without its transparency."""
    pillow: Any = need("PIL.Image", "train")
    operations: Any = need("PIL.ImageOps", "train")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = pillow.open(BytesIO(content), formats=_FORMATS)
            _check_size(path, image.height, image.width)
            return _pixels(operations.exif_transpose(image))
    except FileError:
        raise
    except Exception as error:  # whatever its many formats raise
        unknown = type(error).__name__ == "UnidentifiedImageError"
        raise FileError(
            f"{path} holds no image that can be read",
            why="" if unknown else first_line(error),
            fix="PGM, PPM, PNG, JPEG, BMP or WebP",
        ) from None


def _pixels(image: Any) -> NDArray[np.uint8]:
    if image.mode.startswith("I"):
        return _bytes_of(np.array(image, np.uint32), 65535)[..., None]
    grey = image.mode in ("L", "LA", "1")
    array = np.array(image.convert("L" if grey else "RGB"), np.uint8)
    return array.reshape(*array.shape[:2], -1)


def _bytes_of(values: NDArray[Any], most: int) -> NDArray[np.uint8]:
    """Values of 0 to `most`, scaled to 0 to 255 and rounded."""
    return ((values.astype(np.uint32) * 255 + most // 2) // most).astype(np.uint8)
