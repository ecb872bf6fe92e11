"""A folder of C brings images to its network as Python does, and names its classes."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from pooled import pooled
from preprocessings import preprocessings

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.preprocessing import Preprocessing
from henet_arch.support.errors import FileError
from henet_arch.support.limits import LARGEST_IMAGE

np = pytest.importorskip("numpy")
pytest.importorskip("torch")
pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")

from henet_arch.runtime.image_files import read_image  # noqa: E402
from henet_arch.runtime.preprocess import preprocess  # noqa: E402

SIZE = (9, 7)
GREY = Preprocessing((0.0,), (1.0,), "grey", 1 / 255)
NAMES = (
    'a "quoted" one', "back\\slash", "??/ ??( trigraphs", "two\nlines", "\x1b[2J\x07", "ü 日本",
    "\u202e%s%n", "\x9b1m",
)  # fmt: skip


def _folder(model: ha.Model, path: Path) -> Path:
    ha.emit(model, "c", folder=True).save(path)
    return path


def _library(folder: Path) -> Any:
    """The folder's function, compiled by itself."""
    library = folder / "images.so"
    line = ["cc", "-std=gnu11", "-O1", "-shared", "-fPIC", "-o", str(library)]
    subprocess.run([*line, str(folder / "net_images.c"), "-lm"], check=True)
    return ctypes.CDLL(str(library)).net_preprocess


def _run(function: Any, image: Any, shape: tuple[int, ...]) -> Any:
    """What the function makes of an image that lies at the end of its memory."""
    result = np.full(shape, np.nan, np.float32)
    height, width, channels = image.shape
    given = np.ascontiguousarray(image)
    code = function(
        ctypes.c_void_p(given.ctypes.data), height, width, channels,
        ctypes.c_void_p(result.ctypes.data),
    )  # fmt: skip
    assert code == 0
    return result


def _image(seed: int, *shape: int) -> Any:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@given(preprocessings(least=SIZE), st.data())
@examples(12)
def test_images_are_preprocessed_as_in_python(
    tmp_path_factory: pytest.TempPathFactory, own: Preprocessing, data: st.DataObject
) -> None:
    channels = data.draw(st.sampled_from((1, 3) if own.channels == 1 else (own.channels, 1)))
    model = replace(ha.load(pooled(channels, *SIZE)), preprocessing=own)
    function = _library(_folder(model, tmp_path_factory.mktemp("c") / "net"))
    for seed in range(8):
        have = own.channels if own.channel_order == "other" else 1 + 2 * (seed % 2)
        image = _image(seed, *data.draw(st.tuples(*[st.integers(1, 60)] * 2)), have)
        wanted = preprocess(image[None], own, (channels, *SIZE))[0]
        found = _run(function, image, (channels, *SIZE))
        scale = 1 + np.abs(wanted).max()
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5 * scale)


def test_what_is_no_image_has_a_code(tmp_path: Path) -> None:
    model = replace(ha.load(pooled(1, 4, 4)), preprocessing=GREY)
    function = _library(_folder(model, tmp_path / "net"))
    image, result = _image(0, 4, 4, 3), np.zeros(16, np.float32)
    here, there = ctypes.c_void_p(image.ctypes.data), ctypes.c_void_p(result.ctypes.data)
    most = LARGEST_IMAGE
    for arguments, code in (
        ((None, 4, 4, 1, there), 1), ((here, 4, 4, 1, None), 1),
        ((here, 0, 4, 1, there), 2), ((here, 4, -1, 1, there), 2),
        ((here, 4, most + 1, 1, there), 2), ((here, most + 1, 4, 1, there), 2),
        ((here, 2**31 - 1, 2**31 - 1, 3, there), 2), ((here, -(2**31), 4, 1, there), 2),
        ((here, 4, 4, 0, there), 3), ((here, 4, 4, 2, there), 3), ((here, 4, 4, 4, there), 3),
        ((here, 4, 4, 3, there), 0), ((here, 4, 4, 1, there), 0), ((here, 1, 1, 3, there), 0),
    ):  # fmt: skip
        assert function(*arguments) == code, arguments


def test_the_largest_image_is_read_to_its_last_pixel_and_no_further(tmp_path: Path) -> None:
    """One pixel wide, and one high: where sizes are multiplied they are largest."""
    own = replace(GREY, resize=(LARGEST_IMAGE, 5))
    model = replace(ha.load(pooled(3, 5, 5)), preprocessing=own)
    function = _library(_folder(model, tmp_path / "net"))
    for shape in ((LARGEST_IMAGE, 1, 1), (1, LARGEST_IMAGE, 1), (LARGEST_IMAGE, 40, 1)):
        image = _image(0, *shape)
        wanted = preprocess(image[None], own, (3, 5, 5))[0]
        found = _run(function, image, (3, 5, 5))
        np.testing.assert_allclose(found, wanted, atol=1e-4)


STRICT = ("-Wall", "-Wextra", "-Wshadow", "-pedantic", "-Wconversion", "-Wdouble-promotion")
COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]
KINDS = {
    "names": ha.with_images(ha.load(pooled(8, 4, 4)), "bytes", mean=(7,), class_names=NAMES),
    "colours": ha.with_images(ha.load(pooled(3, 8, 8)), "caffe", resize=(9, 9)),
    "averaged": replace(ha.load(pooled(1, 8, 8)), preprocessing=Preprocessing((1,) * 3, (2,) * 3)),
    "repeated": replace(ha.load(pooled(3, 8, 8)), preprocessing=GREY),
    "shares": ha.with_images(ha.load(pooled(3, 8, 8, layers.Softmax())), "imagenet"),
    "one output": ha.with_images(ha.load(pooled(1, 8, 8)), "unit"),
    "only names": ha.with_images(ha.load(pooled(2, 8, 8)), class_names=("a", "b")),
    "nothing": ha.load(pooled(2, 8, 8)),
}  # fmt: skip


@pytest.mark.parametrize("compiler", COMPILERS)
def test_compilers_say_nothing_and_the_stack_is_small(compiler: str, tmp_path: Path) -> None:
    for name, model in KINDS.items():
        folder = _folder(model, tmp_path / name)
        for path in sorted({*folder.glob("*.c")} - {folder / "net.c"}):
            line = [compiler, "-std=gnu11", "-O0", *STRICT, "-Wframe-larger-than=2048", "-Werror"]
            line += ["-c", "-o", os.devnull, path.name]
            ran = subprocess.run(line, cwd=folder, capture_output=True, text=True)
            assert (ran.returncode, ran.stderr) == (0, ""), (name, path.name)
        assert "alloc" not in (folder / "net.h").read_text().replace("allocated", "")


def test_names_are_exactly_those_of_the_model(tmp_path: Path) -> None:
    """With trigraphs on, as the C standard has them."""
    folder = _folder(KINDS["names"], tmp_path / "net")
    (folder / "show.c").write_text(
        '#include "net.h"\n#include <stdio.h>\nint main(void)\n{\n'
        "    for (int i = 0; i < NET_CLASSES; i++)\n        puts(net_classes[i]), putchar(0);\n}\n"
    )
    line = ["cc", "-std=c11", "-trigraphs", "-O0", "-Werror", "-o", "show", "show.c"]
    subprocess.run([*line, "net.c", "net_weights.c", "-lm"], cwd=folder, check=True)
    shown = subprocess.run([folder / "show"], capture_output=True, check=True).stdout
    assert tuple(part.decode() for part in shown.split(b"\n\0")[:-1]) == NAMES
    assert (folder / "net_weights.c").read_bytes().isascii()


def test_what_is_known_is_part_of_the_digest() -> None:
    model = KINDS["names"]
    others = [
        model,
        replace(model, class_names=(*NAMES[:-1], "x")),
        ha.with_images(model, mean=(8,)),
        ha.with_images(model, resize=(5, 5)),
    ]
    headers = [ha.emit(other, "c", folder=True)["net.h"].split(b"DIGEST")[1] for other in others]
    assert len({header.split()[0] for header in headers}) == len(others)


def test_a_model_of_which_nothing_is_known_has_no_more_files() -> None:
    plain = ha.emit(KINDS["nothing"], "c", folder=True)
    assert set(plain) == {
        "net.c", "net.h", "net_weights.c", "main.c", "Makefile", "CMakeLists.txt", "README.md",
        "net.pc", "netConfig.cmake",
    }  # fmt: skip
    assert not re.search(rb"(?i)preprocess\(|classes", plain["net.h"] + plain["README.md"])
    assert set(ha.emit(KINDS["only names"], "c", folder=True)) == set(plain)
    assert set(ha.emit(KINDS["colours"], "c", folder=True)) - set(plain) == {"net_images.c"}


def test_the_readme_says_what_images_become() -> None:
    text = ha.emit(KINDS["shares"], "c", folder=True)["README.md"].decode()
    for row in (
        "| size | 8 x 8: made to cover 9x9, and the middle cut out |",
        "| channels | RGB |",
        "| numbers | (byte / 255 - mean) / std |",
        "| mean | 0.485, 0.456, 0.406 |",
    ):
        assert row in text
    named = ha.emit(KINDS["names"], "c", folder=True)["README.md"].decode()
    assert "`back\\slash`, `??/ ??( trigraphs`, `two?lines`" in named
    assert named.count("```") == 6


def _made(folder: Path, *flags: str, compiler: str = "cc") -> Path:
    line = [compiler, "-std=gnu11", "-Wall", "-Wextra", "-Werror", *flags, "-o", "net"]
    subprocess.run([*line, *(p.name for p in folder.glob("*.c")), "-lm"], cwd=folder, check=True)
    return folder / "net"


def _asked(program: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *words], capture_output=True, text=True, encoding="utf-8", errors="replace"
    )


def _pgm(path: Path, image: Any, header: str = "") -> Path:
    height, width, channels = image.shape
    start = header or f"P{5 if channels == 1 else 6}\n{width} {height}\n255\n"
    path.write_bytes(start.encode() + image.tobytes())
    return path


def test_a_program_prints_the_likeliest_classes_of_each_image(tmp_path: Path) -> None:
    """The scores are the mean bytes of the channels, so that they are known."""
    names = ("b\tlue", "\x1b[2Jgreen", "\x9bröd")
    model = ha.with_images(ha.load(pooled(3, 4, 4)), "caffe", class_names=names)
    program = _made(_folder(model, tmp_path / "net"), "-O1")
    image = np.full((5, 6, 3), (130, 125, 129), np.uint8)  # less Caffe's means: 7, 8, 25
    first, second = (_pgm(tmp_path / name, image) for name in ("a.ppm", "b.ppm"))
    ran = _asked(program, first, tmp_path / "none.ppm", second)
    assert ran.returncode == 1
    powers = np.exp([25.0, 8.0, 7.0])
    best, second_best, last = (f"{share:.2%}".replace("%", " %") for share in powers / powers.sum())
    line = f"b?lue\t{best}\t?[2Jgreen\t{second_best}\t?röd\t{last}"
    assert ran.stdout == f"{first}\t{line}\n{second}\t{line}\n"
    assert ran.stderr == f"{tmp_path / 'none.ppm'} cannot be opened\n"
    grey = _asked(program, _pgm(tmp_path / "c.pgm", image[:, :, :1]))
    assert grey.stdout.split("\t")[1] == "b?lue"  # 26, 13 and 7
    piped = subprocess.run([program, "/dev/stdin"], input=first.read_bytes(), capture_output=True)
    assert piped.stderr == b"/dev/stdin is a pipe: images are read from files\n"
    assert piped.returncode == 1


def test_shares_that_a_network_gives_are_printed_as_they_are(tmp_path: Path) -> None:
    program = _made(_folder(KINDS["shares"], tmp_path / "net"), "-O1")
    ran = _asked(program, _pgm(tmp_path / "a.ppm", np.full((9, 9, 3), 124, np.uint8)))
    image = np.float32(124 / 255)
    powers = np.exp((image - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225]))
    shares = powers / powers.sum()
    wanted = [word for k in np.argsort(-shares) for word in (str(k), f"{100 * shares[k]:.2f} %")]
    assert ran.stdout.rstrip("\n").split("\t")[1:] == wanted


def test_outputs_that_are_no_scores_are_printed(tmp_path: Path) -> None:
    program = _made(_folder(KINDS["one output"], tmp_path / "net"), "-O1")
    path = _pgm(tmp_path / "a.pgm", np.full((3, 3, 1), 51, np.uint8))
    name, output = _asked(program, path).stdout.split("\t")
    assert name == str(path)
    assert float(output) == pytest.approx(0.2, abs=1e-6)


def test_an_input_of_floats_is_still_run_and_timed(tmp_path: Path) -> None:
    """Even where an image file has as many bytes: its beginning says what it is."""
    program = _made(_folder(KINDS["repeated"], tmp_path / "net"), "-O1")
    (tmp_path / "input.bin").write_bytes(np.full(3 * 8 * 8, 2.5, np.float32).tobytes())
    timed = _asked(program, tmp_path / "input.bin", "3")
    assert (timed.returncode, timed.stdout) == (0, "2.5\n2.5\n2.5\n")
    assert "3 runs" in timed.stderr
    size = 3 * 8 * 8 * 4
    header = f"P5 {size // 4} 3 255\n"
    image = header.encode().ljust(len(header), b" ") + bytes(size - len(header))
    assert len(image) == size
    (tmp_path / "image.pgm").write_bytes(image)
    seen = _asked(program, tmp_path / "image.pgm")
    assert seen.stdout.startswith(f"{tmp_path / 'image.pgm'}\t0\t")
    assert _asked(program).returncode == 0


def test_images_are_refused_where_nothing_says_what_they_become(tmp_path: Path) -> None:
    program = _made(_folder(KINDS["nothing"], tmp_path / "net"), "-O1")
    path = _pgm(tmp_path / "a.pgm", np.zeros((90, 90, 1), np.uint8))
    ran = _asked(program, path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "does not hold 128 floats; images are read once it is known how" in ran.stderr
    missing = _asked(program, "no\x1bfile")
    assert (missing.returncode, missing.stderr) == (2, "no?file cannot be opened\n")
    folder = _asked(program, tmp_path)
    assert (folder.returncode, folder.stderr) == (
        2,
        f"{tmp_path} cannot be read: is it a folder?\n",
    )


@pytest.mark.parametrize("kind", ["nothing", "colours"])
def test_how_a_program_is_used(kind: str, tmp_path: Path) -> None:
    flags = ("-O0", "-Wconversion", "-Wpedantic")
    program = _made(_folder(KINDS[kind], tmp_path / "net"), *flags)
    for word in ("-h", "--help"):
        shown = _asked(program, word)
        assert (shown.returncode, shown.stderr) == (0, "")
        assert shown.stdout.startswith("usage: ./net [INPUT [RUNS]]\n")
        assert ("IMAGE..." in shown.stdout) == (kind == "colours")
    count = ha.load(KINDS[kind]).graph.nodes[0].shape
    (tmp_path / "x.bin").write_bytes(np.zeros(count, np.float32).tobytes())
    assert _asked(program, tmp_path / "x.bin", "5").returncode == 0
    refused = _asked(program, tmp_path / "x.bin", "50", "70")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == shown.stdout
    for runs in ("5x", "0", "-1", "many"):
        wrong = _asked(program, tmp_path / "x.bin", runs)
        assert (wrong.returncode, wrong.stderr[:4]) == (2, "RUNS")


@pytest.fixture(scope="module")
def sanitized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that prints the mean of an image, and stops at the first wrong access."""
    model = replace(ha.load(pooled(1, 8, 8)), preprocessing=GREY)
    flags = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    folder = _folder(model, tmp_path_factory.mktemp("sanitized") / "net")
    return _made(folder, *flags, compiler="clang")


SPACES = st.sampled_from((" ", "\n", "\n# a comment\n", "#5\n", "\t\r\n", "\x0b", "", "#"))
WORDS = st.sampled_from(
    ("0", "-1", "+1", "007", "16384", "16385", "65536", "4294967297", "9" * 20, "x", "2 5", "")
)


@st.composite
def image_files(draw: st.DrawFn) -> bytes:
    """A small image, or nearly one: a word or a space of its header is another, or bytes lack."""
    kind, most = draw(st.sampled_from("56")), draw(st.sampled_from((1, 16, 200, 255, 1000, 65535)))
    width, height = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    parts = [f"P{kind}", " ", str(width), "\n", str(height), " ", str(most), "\n"]
    count = width * height * (3 if kind == "6" else 1)
    random = np.random.default_rng(draw(st.integers(0, 99)))
    values = random.integers(0, most + 1, count)
    values[0] += draw(st.sampled_from((0, 0, 0, 1)))
    body: bytes = values.astype(">u2" if most > 255 else "u1").tobytes()
    if draw(st.booleans()):
        place = draw(st.integers(0, len(parts) - 1))
        parts[place] = draw(SPACES if place % 2 else WORDS)
    for place in (1, 3, 5):
        parts[place] += draw(st.sampled_from(("", "", "# more\n")))
    return "".join(parts).encode() + body[: draw(st.sampled_from((count * 2, count * 2, 3)))]


@pytest.mark.skipif(not shutil.which("clang"), reason="no clang")
@given(st.lists(image_files(), min_size=60, max_size=60))
@examples(6)
def test_hostile_files_are_read_alike_in_c_and_python_under_sanitizers(
    sanitized: Path, tmp_path_factory: pytest.TempPathFactory, files: list[bytes]
) -> None:
    """Either both refuse a file, or both see the same image."""
    folder = tmp_path_factory.mktemp("hostile")
    paths = [folder / f"{n}.pnm" for n in range(len(files))]
    for path, content in zip(paths, files, strict=True):
        path.write_bytes(content)
    first = _pgm(folder / "first.pgm", _image(0, 4, 4, 1))  # no file after it is an input of floats
    ran = _asked(sanitized, first, *paths)
    assert ran.returncode in (0, 1)
    assert "Sanitizer" not in ran.stderr
    assert "runtime error" not in ran.stderr
    answers = {line.split("\t")[0]: line.split("\t")[1] for line in ran.stdout.splitlines()}
    for path in paths:
        try:
            image = read_image(path)
        except FileError:
            assert str(path) not in answers, path.read_bytes()
            assert str(path) in ran.stderr
        else:
            grey = preprocess(image[None], GREY, (1, 8, 8))
            assert float(answers[str(path)]) == pytest.approx(grey.mean(), abs=1e-5)


@pytest.mark.skipif(not shutil.which("clang"), reason="no clang")
def test_a_huge_size_asks_for_no_memory_before_the_file_has_it(
    sanitized: Path, tmp_path: Path
) -> None:
    path = tmp_path / "huge.ppm"
    path.write_bytes(b"P6 16384 16384 65535\n" + bytes(1000))
    ran = _asked(sanitized, path, tmp_path, "/dev/null", tmp_path / "new\nline\x1b[2J")
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[0].endswith("huge.ppm ends before its last pixel")
    assert "\x1b" not in ran.stderr
    assert ran.stderr.splitlines()[1] == f"{tmp_path} cannot be read: is it a folder?"
    assert len(ran.stderr.splitlines()) == 4


@pytest.mark.skipif(not shutil.which("make"), reason="no make")
def test_make_and_cmake_build_it(tmp_path: Path) -> None:
    folder = _folder(KINDS["colours"], tmp_path / "net")
    made = subprocess.run(["make", "-C", folder, "ARCH=-O0"], capture_output=True, text=True)
    assert (made.returncode, "warning" in made.stderr) == (0, False)
    image = _pgm(tmp_path / "a.ppm", _image(0, 20, 30, 3))
    wanted = _asked(folder / "net", image).stdout
    assert len(wanted.split("\t")) == 7
    ha.emit(KINDS["colours"], "c", folder=True).save(folder)  # what a build adds is known
    if shutil.which("cmake"):
        build = tmp_path / "build"
        subprocess.run(["cmake", "-S", folder, "-B", build], check=True, capture_output=True)
        subprocess.run(["cmake", "--build", build], check=True, capture_output=True)
        assert _asked(build / "bin" / "net", image).stdout == wanted
