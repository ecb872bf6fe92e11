"""Image files are read as Pillow reads them, and hostile ones are refused in words."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from unusual import KINDS, unusual

from henet_arch.support.errors import FileError

np = pytest.importorskip("numpy")
Image = pytest.importorskip("PIL.Image")

from henet_arch.runtime.image_files import image_paths, read_image  # noqa: E402


def _image(*shape: int) -> Any:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


COLOURS = _image(5, 7, 3)


@pytest.mark.parametrize("ending", ["ppm", "png", "bmp", "webp"])
def test_colours_come_back(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{ending}"
    Image.fromarray(COLOURS).save(path, **({"lossless": True} if ending == "webp" else {}))
    np.testing.assert_array_equal(read_image(path), COLOURS)


@pytest.mark.parametrize("ending", ["pgm", "png", "bmp"])
def test_grey_comes_back_with_one_channel(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{ending}"
    Image.fromarray(COLOURS[:, :, 0]).save(path)
    np.testing.assert_array_equal(read_image(path), COLOURS[:, :, :1])


def test_the_ending_does_not_matter(tmp_path: Path) -> None:
    Image.fromarray(COLOURS).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.ppm")
    np.testing.assert_array_equal(read_image(tmp_path / "a.ppm"), COLOURS)


def test_a_photograph_is_turned_as_the_camera_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: the right column comes first
    Image.fromarray(COLOURS).save(tmp_path / "a.jpg", exif=exif, quality=100, subsampling=0)
    found = read_image(tmp_path / "a.jpg")
    assert found.shape == (7, 5, 3)
    assert np.abs(found.astype(int) - np.rot90(COLOURS, -1)).mean() < 4


def test_palettes_transparency_and_sixteen_bits(tmp_path: Path) -> None:
    picture = Image.fromarray(COLOURS)
    picture.convert("RGBA").save(tmp_path / "alpha.png")
    np.testing.assert_array_equal(read_image(tmp_path / "alpha.png"), COLOURS)
    palette = picture.quantize(4)
    palette.save(tmp_path / "palette.png")
    found = read_image(tmp_path / "palette.png")
    np.testing.assert_array_equal(found, np.asarray(palette.convert("RGB")))
    values = np.array([[0, 128, 257], [32767, 65280, 65535]], np.uint16)
    Image.fromarray(values).save(tmp_path / "deep.png")
    wanted = np.rint(values / 257).astype(np.uint8)[..., None]
    np.testing.assert_array_equal(read_image(tmp_path / "deep.png"), wanted)
    Image.fromarray(values).save(tmp_path / "deep.pgm")
    assert b"65535" in (tmp_path / "deep.pgm").read_bytes()[:20]
    np.testing.assert_array_equal(read_image(tmp_path / "deep.pgm"), wanted)
    Image.fromarray(COLOURS[:, :, 0] > 99).save(tmp_path / "bits.png")
    bits = np.where(COLOURS[:, :, :1] > 99, 255, 0)
    np.testing.assert_array_equal(read_image(tmp_path / "bits.png"), bits)


@pytest.mark.parametrize("most", [1, 15, 16, 200, 256, 1000])
def test_values_are_scaled_to_bytes(most: int, tmp_path: Path) -> None:
    values = np.arange(most + 1)
    body = values.astype(">u2" if most > 255 else "u1").tobytes()
    (tmp_path / "a.pgm").write_bytes(f"P5 {most + 1} 1 {most}\n".encode() + body)
    found = read_image(tmp_path / "a.pgm").ravel().astype(int)
    assert np.abs(found - values * 255 / most).max() <= 0.5
    assert (found[0], found[-1]) == (0, 255)


def test_comments_in_a_header(tmp_path: Path) -> None:
    header = b"P6#of a camera\n#\n # 9 9\n7# wide\n5\t#high 9\n255\n"
    (tmp_path / "a.ppm").write_bytes(header + COLOURS.tobytes())
    np.testing.assert_array_equal(read_image(tmp_path / "a.ppm"), COLOURS)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds no image"),
        (b"P6\n7 5\n255\n" + bytes(104), "ends before its last pixel"),
        (b"P5 16384 16384 65535\n", "ends before its last pixel"),
        (b"P5 16385 1 255\n", "says a size of 16,385 x 1"),
        (b"P5 0 1 255\n", "says a size of 0 x 1"),
        (b"P5 " + b"9" * 5000 + b" 1 255\n", "says a size of 999,999,999 x 1"),
        (b"P5 1 1 0\n\0", "no largest value"),
        (b"P5 1 1 65536\n\0\0", "no largest value"),
        (b"P5 1 1 16\n\x11", "a value above the largest"),
        (b"P5 1 -1 16\n\x11", "no header of a PGM or PPM"),
        (b"P5 1 1 255", "no header of a PGM or PPM"),
        (b"P5 #" + b"c" * 2**21 + b"\n1 1 255\n\0", "no header of a PGM or PPM"),
        (b"P3 1 1 255\n1 2 3\n", "holds no image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "holds no image"),
        (b"GIF89a" + bytes(20), "holds no image"),
        (b"\xff\xd8\xff\xe0", "holds no image"),
    ],
)
def test_what_is_no_image_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    """Also PostScript and GIF, which Pillow could read: the first runs another program."""
    (tmp_path / "a.ppm").write_bytes(content)
    with pytest.raises(FileError, match=message) as caught:
        read_image(tmp_path / "a.ppm")
    assert "a.ppm" in str(caught.value)
    assert "0x" not in str(caught.value)


def _png(width: int, height: int) -> bytes:
    """A picture that is small as a file, of any size as it says."""
    import struct

    def chunk(kind: bytes, body: bytes) -> bytes:
        total, check = (struct.pack(">I", n) for n in (len(body), zlib.crc32(kind + body)))
        return total + kind + body + check

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(100))
    chunks = chunk(b"IHDR", header), chunk(b"IDAT", body), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("size", [(60_000, 60_000), (2**31 - 1, 1), (16_384, 16_384), (30, 30)])
def test_a_picture_of_a_huge_size_or_cut_off(size: tuple[int, int], tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(_png(*size))
    with pytest.raises(FileError):
        read_image(tmp_path / "a.png")


GOOD: dict[str, bytes] = {}


def _good() -> dict[str, bytes]:
    from io import BytesIO

    for kind in ("PPM", "PNG", "JPEG", "BMP", "WEBP"):
        if kind not in GOOD:
            Image.fromarray(COLOURS).save(content := BytesIO(), kind)
            GOOD[kind] = content.getvalue()
    return GOOD


@given(st.sampled_from(["PPM", "PNG", "JPEG", "BMP", "WEBP"]), st.data())
@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_files_are_read_or_refused(tmp_path: Path, kind: str, data: st.DataObject) -> None:
    content = bytearray(_good()[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(1, len(content))) :]
    (tmp_path / "a").write_bytes(content)
    try:
        image = read_image(tmp_path / "a")
    except FileError:
        return
    assert image.dtype == np.uint8
    assert image.ndim == 3
    assert image.shape[2] in (1, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_only_regular_files_are_read(kind: str, tmp_path: Path) -> None:
    unusual(tmp_path / "a.ppm", kind)
    with pytest.raises(FileError):
        read_image(tmp_path / "a.ppm")


def test_folders_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.PPM", "a.jpg", "c.txt", "10.png", "9.png"):
        (tmp_path / name).touch()
    (tmp_path / "._9.png").touch()
    found = list(image_paths([tmp_path / "c.txt", tmp_path]))
    assert [path.name for path, _ in found] == ["c.txt", "10.png", "9.png", "a.jpg", "b.PPM"]
    assert [is_named for _, is_named in found] == [True, False, False, False, False]
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="empty holds no image"):
        list(image_paths([tmp_path / "empty"]))
