"""Files of weights keep what is known of images and classes, and older files are read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pooled import weighted

import henet_arch as ha
from henet_arch.ir.model import Model
from henet_arch.ir.preprocessing import Preprocessing
from henet_arch.support.errors import FileError, HenetArchError

np = pytest.importorskip("numpy")
save_arrays = pytest.importorskip("safetensors.numpy").save_file
pytest.importorskip("torch")

SPEC = ha.Spec(name="net", channels=(4, 8), repeats=0, input=31, classes=3)
RGB = Preprocessing((1.0, 2.0, 3.0), (4.0, 5.0, 6.0), "BGR", 1 / 255, (40, 40))
NAMES = ("a", 'b"\\', "ü\n")


def _model() -> Model:
    return replace(weighted(SPEC), preprocessing=RGB, class_names=NAMES, trained_on="mine")


def test_weights_beside_a_module_keep_them(tmp_path: Path) -> None:
    ha.emit(_model()).save(tmp_path / "net.py")
    model = ha.load(tmp_path / "net.safetensors")
    assert (model.preprocessing, model.class_names, model.trained_on) == (RGB, NAMES, "mine")


def _older(path: Path, training: dict[str, Any], spec: ha.Spec = SPEC) -> Path:
    """A file as older versions wrote it."""
    record = {"spec": spec.model_dump(mode="json"), "training": training}
    weights = weighted(spec).weights
    assert weights is not None
    arrays = {name: np.ascontiguousarray(values) for name, values in weights.items()}
    save_arrays(arrays, path, {"henet_arch": json.dumps(record)})
    return path


@pytest.mark.parametrize(
    ("size", "data", "resize"),
    [(31, "cifar10", (32, 32)), (33, "cifar10", None), (27, "cifar10", None), (31, "own", None)],
)
def test_an_older_file_says_how_its_data_set_was_cropped(
    size: int, data: str, resize: tuple[int, int] | None, tmp_path: Path
) -> None:
    pixels = {"mean": [1, 2, 3], "std": [4, 5, 6]}
    training = {"data": data, "pixels": pixels, "classes": ["a", "b", "c"]}
    model = ha.load(_older(tmp_path / "w.safetensors", training, SPEC.with_input((size, size))))
    assert model.preprocessing == Preprocessing((1.0, 2.0, 3.0), (4.0, 5.0, 6.0), resize=resize)
    assert model.class_names == ("a", "b", "c")


def test_an_older_file_of_grey_images(tmp_path: Path) -> None:
    pixels = {"mean": [78.5], "std": [96.25]}
    model = ha.load(_older(tmp_path / "w.safetensors", {"data": "digits", "pixels": pixels}))
    assert model.preprocessing == Preprocessing((78.5,), (96.25,), "grey")
    assert model.class_names == ()


@pytest.mark.parametrize(
    "training",
    [
        {"pixels": 7},
        {"pixels": {"mean": [1]}},
        {"pixels": {"mean": [1], "std": [0]}},
        {"pixels": {"mean": [], "std": []}},
        {"pixels": {"mean": ["1"], "std": ["1"]}},
        {"classes": "abc"},
        {"classes": [1, 2]},
    ],
)
def test_junk_is_refused_with_the_files_name(training: dict[str, Any], tmp_path: Path) -> None:
    path = _older(tmp_path / "w.safetensors", training)
    with pytest.raises(HenetArchError) as caught:
        ha.load(path)
    assert str(path) in f"{caught.value.what} {caught.value.where}"


def test_a_file_of_weights_takes_nothing_away(tmp_path: Path) -> None:
    """Weights without words on images keep those of the network that they are given to."""
    path = _older(tmp_path / "w.safetensors", {})
    model = ha.with_weights(replace(ha.load(SPEC), preprocessing=RGB, class_names=NAMES), path)
    assert (model.preprocessing, model.class_names) == (RGB, NAMES)
    assert model.weights


def test_the_record_of_another_version_is_refused_and_not_half_read(tmp_path: Path) -> None:
    ha.emit(_model()).save(tmp_path / "net.py")
    path = tmp_path / "net.safetensors"
    content = path.read_bytes()
    text = b'\\"resize\\": [40, 40]'
    assert text in content
    path.write_bytes(content.replace(text, b'\\"resize\\": [40, -4]'))
    with pytest.raises((FileError, HenetArchError), match="resize has -4"):
        ha.load(path)
