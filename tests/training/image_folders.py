"""Folders of small images, and every kind of file that people leave in them."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image


def picture(seed: int, height: int = 12, width: int = 12, bright: int = 0) -> Image.Image:
    """Colours at random."""
    random = np.random.default_rng(seed)
    values = random.integers(bright, bright + 100, (height, width, 3))
    return Image.fromarray(values.astype(np.uint8))


def folder_of(root: Path, counts: dict[str, int], size: tuple[int, int] = (12, 12)) -> Path:
    """So many images of each class, in `root/CLASS`, each class of its own brightness."""
    for index, (name, count) in enumerate(counts.items()):
        (root / name).mkdir(parents=True)
        for number in range(count):
            image = picture(index * 1000 + number, *size, bright=70 * index % 156)
            image.save(root / name / f"{number:03}.png")
    return root


def png(width: int, height: int) -> bytes:
    """The start of a PNG of any size that it says."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        total, check = (struct.pack(">I", n) for n in (len(body), zlib.crc32(kind + body)))
        return total + kind + body + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
    return start + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _turned(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(0, 12, 20).save(path / "a.jpg", exif=exif)


def _moving(path: Path) -> None:
    more = [picture(1)]
    picture(0).save(path / "a.webp", save_all=True, append_images=more, lossless=True)


def _bytes(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda path: (path / name).write_bytes(content)


def _half(name: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        picture(0, 40, 40).save(path / name)
        content = (path / name).read_bytes()
        (path / name).write_bytes(content[: len(content) // 2])

    return write


def _deep(path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 2**16, (12, 12))
    Image.fromarray(values.astype(np.uint16)).save(path / "a.png")


SKIPPED: dict[str, Callable[[Path], object]] = {
    "empty": _bytes("a.jpg", b""),
    "no images": _bytes("a.jpg", b"hello"),
    "damaged or cut": _half("a.png"),
    "damaged or cut ": _half("a.jpg"),
    "too large": _bytes("a.png", png(16_000, 16_000)),
    "too large ": _bytes("a.png", png(20_000, 1)),
    "of another ending": _bytes("Thumbs.db", b"x"),
    "of another ending ": lambda path: picture(0).save(path / "a.gif"),
    "hidden": _bytes(".DS_Store", b"x"),
    "hidden ": lambda path: (path / ".ipynb_checkpoints").mkdir(),
    "links to nowhere": lambda path: (path / "a.png").symlink_to("a.png"),
    "links to nowhere ": lambda path: (path / "a.png").symlink_to("none.png"),
    "no regular files": lambda path: os.mkfifo(path / "a.png"),
    "links to folders read elsewhere": lambda path: (path / "up").symlink_to(path),
}
"""By kind, and blanks: what makes a file that is not used."""
USED: dict[str, Callable[[Path], object]] = {
    "grey": lambda path: picture(0).convert("L").save(path / "a.png"),
    "16 bits": _deep,
    "palette": lambda path: picture(0).convert("P").save(path / "a.png"),
    "CMYK": lambda path: picture(0).convert("CMYK").save(path / "a.jpg"),
    "transparency": lambda path: picture(0).convert("RGBA").save(path / "a.png"),
    "animated": _moving,
    "turned": _turned,
    "misnamed": lambda path: picture(0).save(path / "a.jpg", "PNG"),
    "tiny": lambda path: picture(0, 1, 1).save(path / "a.png"),
}
"""By kind: what makes a file that is used, and told."""
PLAIN: dict[str, Callable[[Path], object]] = {
    "capitals": lambda path: picture(0).save(path / "A.JPG", "JPEG"),
    "nested": lambda path: folder_of(path, {"in": 1}),
    "bytes": lambda path: picture(0).save(os.fsdecode(os.fsencode(path) + b"/\xff\xfe.png")),
    "escapes": lambda path: picture(0).save(path / "\x1b[2J\n.png"),
    "linked": lambda path: (path / "a.png").symlink_to(path / "000.png"),
}
"""What makes a file that is used as it is."""
