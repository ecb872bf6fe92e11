"""Image files are classified by whatever runs the network, and say so in every form."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cli.run import run
from pooled import pooled, weighted

import henet_arch as ha
from henet_arch.ir import layers
from henet_arch.ir.preprocessing import Preprocessing
from henet_arch.support.errors import (
    PreprocessingError,
    RunError,
    SourceError,
    UnknownNameError,
)

np = pytest.importorskip("numpy")
pytest.importorskip("torch")
pytest.importorskip("safetensors")

SPEC = ha.Spec(name="net", channels=(4, 8), repeats=0, input=31, classes=3)
NAMES = ("cat", "dog, a\x1b[2J", "ü")


def _model(**changes: Any) -> ha.Model:
    model = ha.with_images(weighted(SPEC), "imagenet", class_names=NAMES)
    return replace(model, **changes)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    random = np.random.default_rng(0)
    for index in range(3):
        pixels = random.integers(0, 256, (20 + index, 30, 3), dtype=np.uint8)
        header = f"P6 30 {20 + index} 255\n".encode()
        (folder / f"{index}.ppm").write_bytes(header + pixels.tobytes())
    return folder


SLOW = pytest.param("onnxruntime", marks=pytest.mark.slow)


@pytest.mark.parametrize("backend", ["c", "eager-folded", SLOW])
def test_every_backend_says_the_same(backend: str, images: Path) -> None:
    if backend == "onnxruntime":
        pytest.importorskip("onnxruntime")
    wanted = ha.classify(_model(), images)
    found = ha.classify(_model(), *sorted(images.iterdir()), backend=backend)
    assert found.runner != wanted.runner
    for one, other in zip(found.answers, wanted.answers, strict=True):
        assert (one.image, one.classes) == (other.image, other.classes)
        assert one.shares == pytest.approx(other.shares, rel=1e-4)
        assert sum(one.shares) == pytest.approx(1)


def test_shares_of_a_softmax_are_taken_as_they_are(images: Path) -> None:
    softmax = replace(_model(), graph=ha.build(SPEC.replace(softmax=True)))
    one, other = ha.classify(_model(), images), ha.classify(softmax, images)
    for scores, shares in zip(one.answers, other.answers, strict=True):
        assert scores.shares == pytest.approx(shares.shares, rel=1e-4)


def test_the_command_prints_a_row_for_each_image(images: Path) -> None:
    ha.emit(_model()).save("net.py")
    outcome = run("evaluate", "net.safetensors", str(images), "images/1.ppm")
    assert (outcome.code, outcome.err) == (0, "")
    assert "what it says of 4 images" in outcome.out
    assert "\x1b" not in outcome.out
    found = ha.classify("net.safetensors", images)
    data = json.loads(run("evaluate", "net.safetensors", str(images), "-f", "json").out)
    assert data == json.loads(json.dumps(found.to_dict()))
    assert [c["share"] for c in data["images"][0]["classes"]] == list(found.answers[0].shares)
    table = run("evaluate", "net.safetensors", "images", "-f", "csv").out
    rows = list(csv.DictReader(table.split("\n")))
    assert [row["class"] for row in rows] == [record["class"] for record in found.records()]


def test_files_of_a_folder_that_hold_no_image_are_passed_over(images: Path) -> None:
    """One that is named is an error, and so is a folder of which nothing is left."""
    ha.emit(_model()).save("net.py")
    wanted = ha.classify("net.safetensors", images)
    (images / "0a.ppm").write_text("P6 3 3 255 short")
    (images / "zz.png").touch()
    (images / "._0.ppm").touch()
    outcome = run("evaluate", "net.safetensors", "images", "-f", "json")
    assert outcome.code == 1
    said = json.loads(outcome.out)
    assert [each["classes"] for each in said["images"]] == [
        each["classes"] for each in json.loads(json.dumps(wanted.to_dict()))["images"]
    ]
    assert [each["path"] for each in said["unread"]] == ["images/0a.ppm", "images/zz.png"]
    assert [line.partition(" is passed over: ")[0] for line in outcome.err.splitlines()] == [
        "images/0a.ppm",
        "images/zz.png",
    ]
    named = run("evaluate", "net.safetensors", "images/zz.png", "images")
    assert (named.code, named.out) == (3, "")
    for image in wanted.answers:
        Path(image.image).unlink()
    none = run("evaluate", "net.safetensors", "images")
    assert (none.code, none.out) == (3, "")
    assert "0a.ppm and 1 other file are passed over" in none.err
    (images / "zz.png").unlink()
    (images / "folder.png").mkdir()  # which is no image of the folder
    none = run("evaluate", "net.safetensors", "images")
    assert (none.code, none.out) == (3, "")
    assert "0a.ppm is passed over" in none.err


def test_scores_that_are_no_numbers_are_no_answer(images: Path) -> None:
    model = _model()
    assert model.weights
    weights = {name: np.array(values) for name, values in model.weights.items()}
    weights["head.fc.bias"][0] = np.nan
    with pytest.raises(RunError, match="net gives scores that are no finite numbers") as caught:
        ha.classify(replace(model, weights=weights), images)
    assert caught.value.where == str(images / "0.ppm")


def test_what_the_weights_do_not_say_options_say(images: Path) -> None:
    """The names too; a module of which nothing is known is asked for either."""
    ha.emit(replace(_model(), preprocessing=None, class_names=())).save("net.py")
    refused = run("evaluate", "net.safetensors", "images")
    assert (refused.code, refused.out) == (3, "")
    assert "does not say how its images were normalised" in refused.err
    assert "--preprocessing NAME" in refused.err
    Path("names.txt").write_text("a\nb\nc\n")
    line = ("--preprocessing", "imagenet", "--class-names", "names.txt", "-f", "json")
    outcome = run("evaluate", "net.safetensors", "images", *line)
    names = [each["classes"][0]["class"] for each in json.loads(outcome.out)["images"]]
    wanted = ha.classify(replace(_model(), class_names=tuple("abc")), images)
    assert names == [record["class"] for record in wanted.records()]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["images", "--data", "digits"], "--data changes nothing here: images are classified"),
        (["images", "--data-dir", "."], "--data-dir changes nothing here"),
        (["--backend", "none"], "unknown backend 'none'"),
        (["--class-names", "net.py"], "--class-names changes nothing here: the data set has names"),
        (["images", "--backend", "none"], "unknown backend 'none'"),
    ],
)
def test_options_without_effect_are_refused(words: list[str], said: str, images: Path) -> None:
    ha.emit(_model()).save("net.py")
    outcome = run("evaluate", "net.safetensors", *words)
    assert (outcome.code, outcome.out) == (2, "")
    assert said in " ".join(outcome.err.split())


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"weights": None}, SourceError, "needs trained weights, and net has none"),
        ({"preprocessing": None}, SourceError, "does not say how its images were normalised"),
        ({"class_names": ("a",)}, PreprocessingError, "1 names are not those of the classes"),
        (
            {"preprocessing": Preprocessing((1.0,) * 3, (1.0,) * 3, resize=(30, 31))},
            PreprocessingError,
            "cannot be cut from an image of 30x31",
        ),
        (
            {"preprocessing": Preprocessing((1.0,) * 3, (1.0,) * 3, "other")},
            PreprocessingError,
            "takes images of other channels than files have",
        ),
    ],
)
def test_what_a_model_does_not_have(
    changes: dict[str, Any], error: type[Exception], message: str, images: Path
) -> None:
    with pytest.raises(error, match=message):
        ha.classify(_model(**changes), images)


def test_a_network_that_gives_no_scores(images: Path) -> None:
    graph = pooled(3, 31, 31, layers.Conv2d(3, 1, (1, 1)))
    model = ha.with_images(weighted(graph), "unit")
    with pytest.raises(SourceError, match="net gives no scores of classes: 3x31x31 -> 1x1x1"):
        ha.classify(model, images)
    with pytest.raises(UnknownNameError, match="unknown backend 'none'"):
        ha.classify(_model(), images, backend="none")
