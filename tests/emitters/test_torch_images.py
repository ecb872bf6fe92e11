"""The emitted module's `preprocess` and CLASSES are what the model says, and only where it does."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cli.run import run
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from pooled import pooled
from preprocessings import preprocessings

import henet_arch as ha
from henet_arch.ir.preprocessing import ORDERS, Preprocessing
from henet_arch.support.errors import PreprocessingError

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")

from henet_arch.runtime.preprocess import preprocess  # noqa: E402

SIZE = (9, 7)
RGB = Preprocessing((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), "RGB", 1 / 255, (10, 10))
HOSTILE = ('a "quoted" one', "it's", "\\", "two\nlines", "\x1b[2J", "日本 ü", "\u202e", '"""', "")


def _module(model: ha.Model) -> dict[str, Any]:
    """The names of the emitted file, which is run."""
    names: dict[str, Any] = {}
    exec(compile(ha.emit(model).text, "net.py", "exec"), names)
    return names


def _image(*shape: int) -> Any:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@given(preprocessings(least=SIZE), st.data())
@examples(40)
def test_images_are_preprocessed_as_the_model_says(own: Preprocessing, data: st.DataObject) -> None:
    channels = data.draw(st.sampled_from((1, 3) if own.channels == 1 else (own.channels, 1)))
    model = replace(ha.load(pooled(channels, *SIZE)), preprocessing=own)
    have = own.channels if own.channel_order == "other" else data.draw(st.sampled_from((1, 3)))
    size = data.draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    images = _image(2, *size, have)
    wanted = preprocess(images, own, (channels, *SIZE))
    run = _module(model)["preprocess"]
    batch = torch.from_numpy(images).permute(0, 3, 1, 2)
    close = {"rtol": 1e-4, "atol": 1e-4 * float(1 + np.abs(wanted).max())}
    torch.testing.assert_close(run(batch), torch.from_numpy(wanted), **close)
    torch.testing.assert_close(run(batch[0]), torch.from_numpy(wanted[:1]), **close)


def test_names_are_as_they_are() -> None:
    model = ha.with_images(ha.load(pooled(9, 4, 4)), class_names=HOSTILE)
    assert _module(model)["CLASSES"] == HOSTILE
    assert "preprocess" not in _module(model)


def test_a_model_of_which_nothing_is_known_is_emitted_as_without() -> None:
    graph = pooled(3, 8, 8)
    known = ha.with_images(ha.load(graph), RGB, class_names="abc")
    plain, full = (
        [line for line in ha.emit(source).text.splitlines() if line != "import torch"]
        for source in (graph, known)
    )
    assert full[: len(plain)] == plain
    assert not {"CLASSES", "MEAN", "STD", "preprocess"} & _module(ha.load(graph)).keys()
    assert {"CLASSES", "MEAN", "STD", "SCALE", "preprocess"} <= _module(known).keys()


@pytest.mark.parametrize("image", [torch.zeros(3, 8, 8), torch.zeros(2, 8, 8, dtype=torch.uint8)])
def test_what_is_no_image_of_bytes_is_refused(image: Any) -> None:
    run = _module(ha.with_images(ha.load(pooled(3, 8, 8)), RGB))["preprocess"]
    with pytest.raises((TypeError, RuntimeError), match=r"bytes are needed|size"):
        run(image)


def test_what_does_not_fit_is_not_emitted() -> None:
    for changes in ({"preprocessing": RGB}, {"class_names": ("a", "b")}):
        model = replace(ha.load(pooled(3, 11, 8)), **changes)
        with pytest.raises(PreprocessingError):
            ha.emit(model)


def test_files_are_formatted_and_typed(tmp_path: Path) -> None:
    for order, count in ORDERS.items():
        for resize in (None, (90, 80)):
            values = tuple(123.456 + k / 3 for k in range(count or 7))
            own = Preprocessing(values, values, order, 0.1, resize)
            model = ha.with_images(
                ha.load(pooled(len(values) if count != 1 else 9, *SIZE)), own,
                class_names=HOSTILE if count == 1 else None,
            )  # fmt: skip
            ha.emit(model).save(tmp_path / f"{order}{len(values)}_{resize is None}.py")
    for tool in (
        ("ruff", "check", "--isolated", "--select", "E,F,W,I,UP,B,N,SIM,PIE,C4"),
        ("ruff", "format", "--isolated", "--check"),
    ):
        command = [sys.executable, "-m", *tool, "."]
        ended = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_options_of_emit_reach_the_module(tmp_path: Path) -> None:
    ha.save(ha.Spec(name="net", channels=(4, 8), repeats=0, input=31, classes=2), "net.toml")
    Path("names.txt").write_text("köln\n'bonn'\n")
    line = "--preprocessing imagenet --mean 0.5 --channel-order BGR --resize 33x40"
    outcome = run("emit", "net.toml", "-o", "net.py", *line.split(), "--class-names", "names.txt")
    assert outcome == (0, "", "wrote net.py\n")
    names: dict[str, Any] = {}
    exec(compile(Path("net.py").read_text("utf-8"), "net.py", "exec"), names)
    assert names["CLASSES"] == ("köln", "'bonn'")
    assert (names["MEAN"], names["STD"]) == ((0.5,) * 3, (0.229, 0.224, 0.225))
    image = _image(50, 60, 3)
    own = Preprocessing(names["MEAN"], names["STD"], "BGR", 1 / 255, (33, 40))
    wanted = preprocess(image[None], own, (3, 31, 31))
    found = names["preprocess"](torch.from_numpy(image).permute(2, 0, 1))
    torch.testing.assert_close(found, torch.from_numpy(wanted), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("-o net.c --mean 3", "--mean changes nothing here: a file of c says nothing of images"),
        ("--target c --class-names w.txt", "--class-names changes nothing here: standard output"),
        ("--preprocessing nope", "unknown preprocessing 'nope'; known names: bytes, caffe"),
        ("--mean 1,two", "'two' is not a number"),
        ("--std nan", "'nan' is not a number"),
        ("--resize 3x4x5", "is not SIZE, HxW or stretch"),
    ],
)
def test_options_that_say_nothing_are_refused(line: str, said: str) -> None:
    Path("w.txt").write_text("a")
    outcome = run("emit", "henet-r2", *line.split())
    assert (outcome.code, outcome.out) == (2, "")
    assert said in " ".join(outcome.err.split())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--resize 20", "cannot be cut from an image of 20x20"),
        ("--std 0", "std has 0.0, which is no number of 1e-06"),
        ("--mean 1,2", "mean has 2 numbers, and RGB images have 3 channels"),
        ("--preprocessing imagenet --input 5x31x31", "takes 5 channels, and RGB images have 3"),
        ("--class-names w.txt", "1 names are not those of the classes of henet-r2"),
        ("--class-names none.txt", "cannot read 'none.txt'"),
    ],
)
def test_what_does_not_fit_is_said(line: str, said: str) -> None:
    Path("w.txt").write_text("a")
    outcome = run("emit", "henet-r2", *line.split())
    assert (outcome.code, outcome.out) == (3, "")
    assert said in outcome.err
