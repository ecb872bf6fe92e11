"""Weights that come with the package."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from cli.run import run

import henet_arch as ha
from henet_arch.ir.tensors import tensors_of
from henet_arch.support.errors import SourceError, UnknownNameError
from henet_arch.weights.pretrained import Pretrained, pretrained

np = pytest.importorskip("numpy")
pytest.importorskip("torch")
Image = pytest.importorskip("PIL.Image")

LOGS = Path(__file__).parents[2] / "docs" / "results" / "table3"
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


@pytest.mark.parametrize("entry", pretrained(), ids=lambda entry: entry.network)
def test_each_is_of_its_preset_with_images_and_classes(entry: Pretrained) -> None:
    model = ha.load(entry.network, weights=entry.name)
    assert model.weights is not None
    assert {name: model.weights[name].shape for name in model.weights} == tensors_of(model.graph)
    assert model.origin == ha.preset(entry.network)
    assert model.trained_on == entry.name
    assert model.class_names == CIFAR10
    assert model.preprocessing is not None
    assert model.preprocessing.resize == (32, 32)


@pytest.mark.parametrize("entry", pretrained(), ids=lambda entry: entry.network)
def test_the_accuracy_is_that_of_the_log(entry: Pretrained) -> None:
    seed = entry.command.rpartition(" ")[2]
    rows = list(csv.DictReader((LOGS / f"{entry.network}-{seed}.csv").read_text().splitlines()))
    assert rows[-1]["step"] == "65000"
    assert entry.accuracy == pytest.approx(100 * float(rows[-1]["test_accuracy"]), abs=0.006)


def test_a_network_of_other_shapes_is_refused() -> None:
    with pytest.raises(SourceError, match=r"'cifar10' come with henet-arch for henet-r2-c7"):
        ha.load(ha.preset("henet-r2").replace(classes=7), weights="cifar10")


def test_a_name_that_is_mistyped_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UnknownNameError) as caught:
        ha.load("henet-r2", weights="cifra10")
    assert "did you mean cifar10?" in caught.value.fix
    assert run("emit", "henet-r2", "--weights", "cifra10", "--target", "c").code == 2


def test_a_file_of_the_same_name_does_not_hide_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cifar10").mkdir()
    assert ha.load("henet-r2", weights="cifar10").trained_on == "cifar10"


def test_an_image_file_is_classified_and_emitted_alike(tmp_path: Path) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (32, 32, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    line = ("evaluate", "henet-r2", "--weights", "cifar10", str(tmp_path / "a.png"))
    result = run(*line, "--format", "json")
    best = json.loads(result.out)["images"][0]["classes"][0]
    assert best["class"] in CIFAR10
    model = ha.load("henet-r2", weights="cifar10")
    scores = ha.to_torch(model).eval()(_tensor(pixels, model)).detach()
    assert CIFAR10[int(scores.argmax())] == best["class"]
    assert float(scores.softmax(1).max()) == pytest.approx(best["share"], abs=1e-4)


def _tensor(pixels: object, model: ha.Model) -> object:
    """The middle of an image as the network takes it: of 32 x 32 the first 31, as it rounds."""
    import torch

    assert model.preprocessing is not None
    mean, std = (torch.tensor(v) for v in (model.preprocessing.mean, model.preprocessing.std))
    image = torch.from_numpy(np.asarray(pixels)[:31, :31] * model.preprocessing.scale)
    return ((image - mean) / std).permute(2, 0, 1)[None].float()


def test_the_list_has_them() -> None:
    listed = json.loads(run("list", "--weights", "--format", "json").out)["weights"]
    assert [each["network"] for each in listed] == [each.network for each in pretrained()]
    assert run("list", "--weights", "--examples").code == 2
