"""Image files as arrays of bytes: PGM and PPM as emitted C reads them, others by Pillow."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..support.errors import EmptyFileError, FileError, HenetArchError, ImageError
from ..support.files import opened, read_bytes, reason
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
_NAMED = {
    "PPM": {".pgm", ".ppm", ".pnm"},
    "PNG": {".png"},
    "JPEG": {".jpg", ".jpeg"},
    "MPO": {".jpg", ".jpeg"},
    "BMP": {".bmp"},
    "WEBP": {".webp"},
}
"""The endings of each format."""
_ORIENTATION = 0x0112
"""The tag of EXIF that says how the camera was held; 1 is upright, from 5 on on its side."""


@dataclass(frozen=True)
class Picture:
    """An image file's pixels, and in what it is unlike a plain colour image of its ending."""

    pixels: NDArray[np.uint8]
    """(H, W, 3) in RGB or (H, W, 1), from above and from the left."""
    traits: tuple[str, ...] = ()
    """Some of `TRAITS`."""


TRAITS = {
    "grey": "the same in all colours",
    "16 bits": "scaled to bytes",
    "palette": "looked up",
    "CMYK": "brought to RGB",
    "transparency": "dropped",
    "animated": "the first picture",
    "turned": "upright",
    "misnamed": "read by content",
}
"""What an image can be, and what becomes of it, in two or three words."""


def image_paths(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """The files, and the image files of each folder in the order of their names; no hidden ones.

    With each goes whether it was named, and not found in a folder.

    Raises:
        FileError: a folder cannot be read, or has no image.
    """
    for path in paths:
        if not path.is_dir():
            yield path, True
            continue
        try:
            inside = sorted(
                p
                for p in path.iterdir()
                if p.suffix.lower() in ENDINGS and p.name[0] != "." and not p.is_dir()
            )
        except OSError as error:
            raise FileError(f"cannot read {str(path)!r}: {reason(error)}") from None
        if not inside:
            raise FileError(
                f"{path} holds no image", fix=f"a folder with files of {', '.join(ENDINGS)}"
            )
        yield from ((each, False) for each in inside)


def read_image(path: Path) -> NDArray[np.uint8]:
    """An image as (H, W, 3) in RGB or (H, W, 1), from above and from the left.

    Values of fewer or more bits than a byte has are scaled to 0 to 255 and rounded; of those of 16
    bits in a PNG in colour, or with transparency, the upper byte is taken.

    Raises:
        ImageError: the file holds no image that can be read, or one that is too large.
        FileError: it is missing, no regular file, or not readable.
        ExtraError: it is no PGM or PPM, and Pillow is not installed.
    """
    return read_picture(path).pixels


def read_picture(path: Path) -> Picture:
    """An image, with what is unusual about its file.

    Raises:
        ImageError, FileError, ExtraError: as `read_image` does.
    """
    try:
        content = read_bytes(path, LARGEST_IMAGE_FILE)
    except EmptyFileError:
        raise ImageError(
            f"{path} holds no image: it is empty", fix="copy or make it again", fault="empty"
        ) from None
    if _PLAIN.match(content):
        pixels, deep = _portable(path, content)
        return Picture(pixels, tuple(_portable_traits(path, pixels, deep=deep)))
    return _by_pillow(path, content)


def read_size(path: Path) -> tuple[int, int]:
    """The height and width of an image, as its header says, turned as the camera says.

    Raises:
        ImageError, FileError, ExtraError: as `read_image` does; the pixels are not looked at.
    """
    with opened(path, LARGEST_IMAGE_FILE) as file:
        if _PLAIN.match(file.read(3)):
            file.seek(0)
            height, width, *_ = _portable_header(path, file.read(_LONGEST_HEADER))
            return height, width
        file.seek(0)
        with _reading(path):
            image = _opened_by_pillow(path, file)
            sideways = image.getexif().get(_ORIENTATION, 1) >= 5
            return (image.width, image.height) if sideways else (image.height, image.width)


def _portable_header(path: Path, content: bytes) -> tuple[int, int, int, int, int]:
    """Height, width, channels, the largest value, and where the pixels begin."""
    header = _HEADER.match(content, 0, _LONGEST_HEADER)
    if not header:
        raise ImageError(f"{path} has no header of a PGM or PPM", where=str(path), fault="damaged")
    digits = [header[index].lstrip(b"0") for index in (2, 3, 4)]
    width, height, most = (int(number[:9] or b"0") for number in digits)
    _check_size(path, height, width)
    if not 1 <= most <= 65535:
        raise ImageError(f"{path} has no largest value of 1 to 65535", fault="damaged")
    return height, width, 3 if header[1] == b"6" else 1, most, header.end()


def _portable(path: Path, content: bytes) -> tuple[NDArray[np.uint8], bool]:
    """The pixels, and whether they had more bits than a byte has."""
    *shape, most, start = _portable_header(path, content)
    count, kind = int(np.prod(shape)), np.dtype(">u2" if most > 255 else "u1")
    if len(content) - start < count * kind.itemsize:
        raise ImageError(f"{path} ends before its last pixel", fault="damaged")
    values = np.frombuffer(content, kind, count, start)
    if values.max() > most:
        raise ImageError(
            f"{path} has a value above the largest that its header says, {most}", fault="damaged"
        )
    return _bytes_of(values, most).reshape(shape), most > 255


def _portable_traits(path: Path, pixels: NDArray[np.uint8], *, deep: bool) -> Iterator[str]:
    if pixels.shape[-1] == 1:
        yield "grey"
    if deep:
        yield "16 bits"
    if path.suffix.lower() not in _NAMED["PPM"]:
        yield "misnamed"


def _check_size(path: Path, height: int, width: int) -> None:
    if not (1 <= height <= LARGEST_IMAGE and 1 <= width <= LARGEST_IMAGE):
        raise ImageError(
            f"{path} says a size of {width:,} x {height:,}",
            why=f"images have 1 to {LARGEST_IMAGE:,} pixels a side",
            fault="too large",
        )


def _by_pillow(path: Path, content: bytes) -> Picture:
    """As people see it: turned as the camera says, without its transparency."""
    operations: Any = need("PIL.ImageOps", "train")
    with _reading(path):
        image = _opened_by_pillow(path, BytesIO(content))
        traits = tuple(_traits(path, image))
        operations.exif_transpose(image, in_place=True)  # a photo of 12 megapixels is 48 MB
        return Picture(_pixels(image), traits)


def _opened_by_pillow(path: Path, file: Any) -> Any:
    pillow: Any = need("PIL.Image", "train")
    image = pillow.open(file, formats=_FORMATS)
    _check_size(path, image.height, image.width)
    return image


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Whatever Pillow raises is said as one error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except HenetArchError:
        raise
    except Exception as error:  # whatever its many formats raise
        name = type(error).__name__
        fault = _FAULTS.get(name, "damaged")
        raise ImageError(
            f"{path} holds no image that can be read",
            why="" if fault == "no image" else first_line(error),
            fix="PGM, PPM, PNG, JPEG, BMP or WebP" if fault == "no image" else "",
            fault=fault,
        ) from None


_FAULTS = {"UnidentifiedImageError": "no image", "DecompressionBombError": "too large"}
"""Of Pillow's errors; the others say that the file is damaged."""


def _traits(path: Path, image: Any) -> Iterator[str]:
    raw = str(image.tile[0][3]) if image.tile else ""  # how the file has its pixels
    if image.mode in ("L", "LA", "1") or image.mode.startswith("I") or raw.startswith("LA"):
        yield "grey"
    if image.mode.startswith("I") or raw.endswith(";16B"):
        yield "16 bits"
    if image.mode in ("P", "PA"):
        yield "palette"
    if image.mode == "CMYK":
        yield "CMYK"
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        yield "transparency"
    if image.format != "MPO" and getattr(image, "is_animated", False):
        yield "animated"
    if image.getexif().get(_ORIENTATION, 1) != 1:
        yield "turned"
    if path.suffix.lower() not in _NAMED[image.format]:
        yield "misnamed"


def _pixels(image: Any) -> NDArray[np.uint8]:
    if image.mode.startswith("I"):
        return _bytes_of(np.array(image, np.uint32), 65535)[..., None]
    grey = image.mode in ("L", "LA", "1")
    mode = "L" if grey else "RGB"
    array = np.asarray(image if image.mode == mode else image.convert(mode))
    return array.reshape(*array.shape[:2], -1)


def _bytes_of(values: NDArray[Any], most: int) -> NDArray[np.uint8]:
    """Values of 0 to `most`, scaled to 0 to 255 and rounded."""
    return ((values.astype(np.uint32) * 255 + most // 2) // most).astype(np.uint8)
