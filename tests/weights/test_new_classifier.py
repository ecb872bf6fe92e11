"""Weights of other classes where a training starts: the classifier alone begins anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from cli.run import run
from torch import Tensor, nn
from training.image_folders import folder_of
from weights.shuffled import drawn

import henet_arch as ha
from henet_arch.ir.classes import classifier
from henet_arch.ir.tensors import tensors_of
from henet_arch.support.errors import FileError, SourceError, TrainError
from henet_arch.weights.matching import match

SPEC = ha.Spec(name="tiny", channels=(4, 8), repeats=1, input=(1, 7, 7), classes=10)
OTHER = SPEC.replace(classes=3)


def _state(spec: ha.Spec = SPEC) -> dict[str, Tensor]:
    return dict(drawn(lambda: ha.to_torch(spec)).state_dict())


class _Convolutional(nn.Module):
    """A classifier that is a convolution with a norm behind it, as in SqueezeNet and NiN."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 6, 3), nn.BatchNorm2d(6), nn.ReLU())
        self.depthwise = nn.Conv2d(6, 6, 3, groups=6)
        self.scores = nn.Conv2d(6, classes, 1)
        self.norm = nn.BatchNorm2d(classes)
        self.slope = nn.PReLU(classes)

    def forward(self, images: Tensor) -> Tensor:
        scores = self.slope(self.norm(self.scores(self.depthwise(self.body(images)))))
        pooled: Tensor = scores.mean((2, 3))
        return pooled


class _TwoHeads(nn.Module):
    """Two classifiers that are added up."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.body = nn.Conv2d(1, 6, 3)
        self.one, self.two = nn.Linear(6, classes), nn.Linear(6, classes)

    def forward(self, images: Tensor) -> Tensor:
        features = self.body(images).mean((2, 3))
        scores: Tensor = self.one(features) + self.two(features)
        return scores


@pytest.mark.parametrize(
    ("make", "scopes"),
    [
        (lambda: ha.load(SPEC), {"head.fc"}),
        (lambda: ha.load(SPEC.replace(softmax=True)), {"head.fc"}),
        (lambda: ha.load(_Convolutional(), (1, 7, 7)), {"scores", "norm", "slope"}),
        (lambda: ha.load(_TwoHeads(), (1, 7, 7)), {"one", "two"}),
    ],
    ids=["spec", "softmax", "convolution", "two heads"],
)
def test_the_classifier_is_all_from_the_last_layer_that_mixes_channels(
    make: Callable[[], ha.Model], scopes: set[str]
) -> None:
    assert {name.rpartition(".")[0] for name in classifier(make().graph)} == scopes


def test_all_else_is_taken_over_and_the_classifier_is_drawn() -> None:
    state = _state()
    model = match(ha.load(OTHER), state, to_train=True).model
    torch.manual_seed(3)
    first = ha.to_torch(model).state_dict()
    torch.manual_seed(4)
    second = ha.to_torch(model).state_dict()
    assert {name: tuple(value.shape) for name, value in first.items()} == {
        name: tuple(value.shape) for name, value in ha.to_torch(OTHER).state_dict().items()
    }
    for name, value in first.items():
        if not name.startswith("head.fc"):
            assert torch.equal(value, state[name]), name
    assert first["head.fc.weight"].shape == (3, 8)
    assert not torch.equal(first["head.fc.weight"], second["head.fc.weight"])


def test_weights_that_fit_are_taken_whole() -> None:
    matching = match(ha.load(SPEC), _state(), to_train=True)
    assert list(matching.recipes) == list(tensors_of(matching.model.graph))
    assert not matching.notes


def test_weights_without_a_classifier_do_too() -> None:
    state = {name: value for name, value in _state().items() if not name.startswith("head.fc")}
    matching = match(ha.load(SPEC), state, to_train=True)
    assert matching.notes == (
        "the classifier, head.fc, begins anew: the weights have none of its shape",
    )


@pytest.mark.parametrize("module", [_Convolutional, _TwoHeads])
def test_a_module_keeps_its_own_classifier(module: Callable[[int], nn.Module]) -> None:
    """As PyTorch's own `load_state_dict(..., strict=False)` without those of the classifier."""
    own, theirs = drawn(lambda: module(3)), drawn(lambda: module(10))
    model = match(ha.load(own, (1, 7, 7)), theirs.state_dict(), to_train=True).model
    names = classifier(model.graph)
    kept = {k: v for k, v in theirs.state_dict().items() if k not in names and v.ndim}
    own.load_state_dict(kept, strict=False)
    images = torch.rand(2, 1, 7, 7)
    torch.testing.assert_close(ha.to_torch(model).eval()(images), own.eval()(images))


def test_whatever_else_differs_is_refused() -> None:
    wider = _state(SPEC.replace(channels=(8, 16)))
    for model, source in ((ha.load(OTHER), wider), (ha.load(OTHER), {})):
        with pytest.raises(FileError, match="the weights do not fit tiny"):
            match(model, source, to_train=True)
    more = {**_state(), "head.more.weight": torch.ones(3)}
    with pytest.raises(FileError, match=r"head\.fc\.weight|head\.more\.weight"):
        match(ha.load(OTHER), more, to_train=True)
    alone = nn.Sequential(nn.Flatten(), nn.Linear(49, 3))
    with pytest.raises(FileError, match="the weights do not fit"):
        match(ha.load(alone, (1, 7, 7)), nn.Linear(49, 10).state_dict(), to_train=True)


def test_only_a_training_draws_it() -> None:
    with pytest.raises(FileError, match=r"head\.fc\.weight is 10x8, and the network has 3x8"):
        ha.with_weights(OTHER, _state())
    with pytest.raises(SourceError, match="no weights 'cifar10' come with henet-arch"):
        ha.load(ha.preset("henet-r2").replace(classes=4), weights="cifar10")


def test_those_that_come_along_by_name() -> None:
    model = match(ha.load(ha.preset("henet-r2").replace(classes=4)), "cifar10", to_train=True).model
    whole = ha.load("henet-r2", weights="cifar10")
    assert model.weights
    assert whole.weights
    assert whole.weights.keys() - model.weights.keys() == {"head.fc.weight", "head.fc.bias"}
    for name, values in model.weights.items():
        np.testing.assert_array_equal(values, whole.weights[name])
    assert model.class_names == ()
    assert whole.class_names != ()


def test_a_folder_of_other_classes_from_the_command_line(tmp_path: Path) -> None:
    folder_of(tmp_path / "d", {"cat": 8, "dog": 8, "owl": 8})
    torch.save(_state(SPEC), "w.pt")
    line = ["train", "henet-r2", "--input", "1x7x7", "--channels", "4,8", "--repeats", "1"]
    line += ["--classes", "3", "--data", "folder", "--data-dir", "d", "--epochs", "1"]
    ended = run(*line, "--batch", "6", "--weights", "w.pt", "-o", "run")
    assert ended.code == 0, ended.err
    assert "note: the classifier, head.fc, begins anew" in ended.err
    held = run("evaluate", "run/weights.safetensors", "--data-dir", "d", "-f", "json")
    assert json.loads(held.out)["classes"] == ["cat", "dog", "owl"]
    outcome = ha.train(OTHER, "own", weights="w.pt", data="folder", data_dir="d", epochs=1, batch=6)
    assert outcome.finished
    with pytest.raises(TrainError, match="weights change nothing here: init starts anew"):
        ha.train(OTHER, "more", weights="w.pt", init="kaiming")
