"""Weights of another number of classes start a training: all but the classifier is taken over."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cli.run import run
from importers.caffemodels import field, layer
from torch import Tensor, nn
from training.image_folders import folder_of
from weights.shuffled import drawn

import henet_arch as ha
from henet_arch.ir.classifier import body, classifier_bias, classifier_tensors
from henet_arch.ir.tensors import tensors_of
from henet_arch.support.errors import FileError, SourceError, TrainError
from henet_arch.training.start import completed
from henet_arch.weights.matching import match_to_train

SPEC = ha.Spec(name="tiny", channels=(4, 8), repeats=1, input=(1, 7, 7), classes=10)
OTHER = SPEC.replace(classes=3)
State = Mapping[str, Tensor]


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


class _Heads(nn.Module):
    """Two classifiers that are added up, each with a norm behind it."""

    def __init__(self, classes: int = 10, second: int | None = None) -> None:
        super().__init__()
        self.body = nn.Conv2d(1, 6, 3)
        self.one, self.two = nn.Linear(6, classes), nn.Linear(6, second or classes)
        self.norm = nn.LayerNorm(classes)

    def forward(self, images: Tensor) -> Tensor:
        features = self.body(images).mean((2, 3))
        scores: Tensor = self.norm(self.one(features) + self.two(features))
        return scores


class _Shuffled(nn.Module):
    """Two grouped convolutions with a shuffle between them."""

    def __init__(self, classes: int, groups: int) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(1, 6, 3), nn.Conv2d(6, 6, 1, groups=2)
        self.shuffle, self.fc = nn.ChannelShuffle(groups), nn.Linear(6, classes)

    def forward(self, images: Tensor) -> Tensor:
        scores: Tensor = self.fc(self.two(self.shuffle(self.one(images))).mean((2, 3)))
        return scores


def _loaded(module: nn.Module) -> ha.Model:
    return ha.load(module, (1, 7, 7))


@pytest.mark.parametrize(
    ("make", "scopes"),
    [
        (lambda: ha.load(SPEC), {"head.fc"}),
        (lambda: ha.load(SPEC.replace(softmax=True)), {"head.fc"}),
        (lambda: _loaded(_Convolutional()), {"scores", "norm", "slope"}),
        (lambda: _loaded(_Heads()), {"one", "two", "norm"}),
        (lambda: _loaded(nn.Sequential(nn.Conv2d(1, 1, 3), nn.Conv2d(1, 4, 5))), {"block1"}),
    ],
    ids=["spec", "softmax", "convolution", "two heads", "one channel"],
)
def test_the_classifier_is_all_from_the_last_layers_that_mix_channels(
    make: Callable[[], ha.Model], scopes: set[str]
) -> None:
    graph = make().graph
    names = {name.rpartition(".")[0] for name in classifier_tensors(graph)}
    if len(graph) == 3:
        assert names == {graph.nodes[-1].name}
    else:
        assert names == scopes
    below = body(graph)
    assert tensors_of(below).keys() == tensors_of(graph).keys() - classifier_tensors(graph)
    assert [node for node in graph if node in below.nodes] == list(below.nodes)


def test_all_else_is_taken_over_and_the_classifier_is_drawn() -> None:
    state, lines = _state(), list[str]()
    model = match_to_train(ha.load(OTHER), state).model
    modules = []
    for seed in (3, 4):
        torch.manual_seed(seed)
        whole = completed(model, "abc", lines.append)
        assert whole.weights is not None
        assert list(whole.weights) == list(tensors_of(whole.graph))
        modules.append(ha.to_torch(whole).state_dict())
    first, second = modules
    for name in tensors_of(model.graph):
        if not name.startswith("head.fc"):
            assert torch.equal(first[name], state[name]), name
    assert first["head.fc.weight"].shape == (3, 8)
    assert not torch.equal(first["head.fc.weight"], second["head.fc.weight"])
    assert lines == ["the classifier, head.fc, begins anew: the weights have none of its shape"] * 2


def test_weights_that_fit_are_taken_whole() -> None:
    matching = match_to_train(ha.load(SPEC), {f"module.{k}": v for k, v in _state().items()})
    assert list(matching.recipes) == list(tensors_of(matching.model.graph))
    assert not matching.notes
    assert completed(matching.model, "0123456789", pytest.fail) is matching.model


@pytest.mark.parametrize("prefix", ["", "module.", "model._orig_mod."])
def test_weights_without_a_classifier_do_too(prefix: str) -> None:
    state = {f"{prefix}{k}": v for k, v in _state().items() if not k.startswith("head.fc")}
    matching = match_to_train(ha.load(SPEC), state)
    assert tensors_of(matching.model.graph).keys() - matching.recipes.keys() == {
        "head.fc.weight",
        "head.fc.bias",
    }


@pytest.mark.parametrize("module", [_Convolutional, _Heads])
def test_a_module_keeps_its_own_classifier(module: Callable[[int], nn.Module]) -> None:
    """As PyTorch's own `load_state_dict(..., strict=False)` without those of the classifier."""
    own, theirs = drawn(lambda: module(3)), drawn(lambda: module(10))
    matching = match_to_train(_loaded(own), theirs.state_dict())
    names = classifier_tensors(matching.model.graph)
    kept = {k: v for k, v in theirs.state_dict().items() if k not in names and v.ndim}
    own.load_state_dict(kept, strict=False)
    images = torch.rand(2, 1, 7, 7)
    torch.testing.assert_close(ha.to_torch(matching.model).eval()(images), own.eval()(images))
    assert "stays the network's own" in matching.notes[-1]
    assert completed(matching.model, "abc", pytest.fail) is matching.model


def test_so_does_a_network_with_weights(tmp_path: Path) -> None:
    own = ha.with_weights(OTHER, _state(OTHER))
    matching = match_to_train(own, _state())
    assert own.weights is not None
    assert matching.model.weights is not None
    assert list(matching.model.weights) == list(tensors_of(own.graph))
    np.testing.assert_array_equal(
        matching.model.weights["head.fc.weight"], own.weights["head.fc.weight"]
    )


def test_a_head_that_fits_is_taken_over() -> None:
    state = drawn(lambda: _Heads(3, 10)).state_dict()
    matching = match_to_train(_loaded(_Heads(3)), state)
    assert matching.recipes.keys() >= {"one.weight", "one.bias", "norm.weight"}
    assert matching.notes[-1].startswith("the classifier, two, stays")


def test_a_caffemodel_of_other_classes_is_read_as_the_network_that_it_is(tmp_path: Path) -> None:
    """It has the settings of its layers; a prototxt asks it for its own shapes first."""
    draw = np.random.default_rng(0).normal
    weights, bias, scores = (draw(size=s).astype("f") for s in ((3, 2, 3, 3), (3,), (5, 48)))
    dims = b"".join(field(4, size) for size in (1, 2, 4, 4))
    window = field(106, field(1, 3) + field(4, 3) + field(3, 1))
    conv = layer("c", "Convolution", "d", window, weights, bias)
    fc = layer("fc", "InnerProduct", "c", field(117, field(1, 5)), scores, np.zeros(5, "f"))
    (tmp_path / "w.caffemodel").write_bytes(field(1, b"n") + field(3, b"d") + dims + conv + fc)
    (tmp_path / "net.prototxt").write_text(
        'name: "n" input: "d" input_shape { dim: 1 dim: 2 dim: 4 dim: 4 } layer { name: "c" '
        'type: "Convolution" bottom: "d" top: "c" convolution_param { num_output: 3 pad: 1 '
        'kernel_size: 3 } } layer { name: "fc" type: "InnerProduct" bottom: "c" top: "fc" '
        "inner_product_param { num_output: 2 } }"
    )
    net = ha.load(tmp_path / "net.prototxt")
    model = match_to_train(net, str(tmp_path / "w.caffemodel")).model
    assert model.weights is not None
    assert sorted(model.weights) == ["c.bias", "c.weight"]
    np.testing.assert_array_equal(model.weights["c.weight"], weights)
    with pytest.raises(FileError, match="is 5x48 there, and 2x48 in the network"):
        ha.with_weights(net, tmp_path / "w.caffemodel")


def test_a_module_without_values_is_refused() -> None:
    with torch.device("meta"):
        module = _Convolutional(3)
    with pytest.raises(SourceError, match="has no values for its classifier"):
        match_to_train(_loaded(module), _Convolutional(10).state_dict())


@pytest.mark.parametrize("classes", [3, 10])
def test_another_order_of_channels_is_refused(classes: int) -> None:
    source = drawn(lambda: _Shuffled(10, 3))
    with pytest.raises(SourceError, match="its channels are in another order"):
        match_to_train(_loaded(_Shuffled(classes, 2)), source)


def test_another_network_is_said() -> None:
    parts: list[nn.Module] = [nn.Conv2d(1, 6, 3), nn.ReLU(), nn.Flatten()]
    source = drawn(lambda: nn.Sequential(*parts, nn.Linear(150, 10)))
    other = nn.Sequential(nn.Conv2d(1, 6, 3), nn.Sigmoid(), nn.Flatten(), nn.Linear(150, 3))
    assert "is another one" in match_to_train(_loaded(other), source).notes[0]


BAD: dict[str, tuple[Any, Any, str]] = {
    "wider": (OTHER, lambda: _state(SPEC.replace(channels=(8, 16))), "stem.conv.weight is 8x1x3x3"),
    "nothing": (OTHER, dict, "is missing"),
    "more": (OTHER, lambda: {**_state(), "ema": torch.ones(3)}, "ema is 3, and the network has no"),
    "half a layer": (
        SPEC,
        lambda: {k: v for k, v in _state().items() if k != "head.fc.bias"},
        r"head\.fc\.bias, 10, is missing",
    ),
    "nothing else": (
        lambda: _loaded(nn.Sequential(nn.Flatten(), nn.Linear(49, 3))),
        lambda: nn.Sequential(nn.Flatten(), nn.Linear(49, 10)).state_dict(),
        "the weights do not fit",
    ),
    "feature maps": (
        OTHER.replace(features_only=True),
        lambda: {k: v for k, v in _state().items() if not k.startswith("stem.bn")},
        "the weights do not fit",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_whatever_else_differs_is_refused_and_named(case: str) -> None:
    network, source, message = BAD[case]
    with pytest.raises(FileError, match=message):
        match_to_train(network() if callable(network) else ha.load(network), source())


def test_other_verbs_take_no_part_of_the_weights() -> None:
    with pytest.raises(FileError, match=r"head\.fc\.weight is 10x8, and the network has 3x8"):
        ha.with_weights(OTHER, _state())
    with pytest.raises(SourceError, match="no weights 'cifar10' come with henet-arch"):
        ha.load(ha.preset("henet-r2").replace(classes=4), weights="cifar10")


def test_those_that_come_along_by_name() -> None:
    model = match_to_train(ha.load(ha.preset("henet-r2").replace(classes=4)), "cifar10").model
    whole = ha.load("henet-r2", weights="cifar10")
    assert model.weights
    assert whole.weights
    assert whole.weights.keys() - model.weights.keys() == {"head.fc.weight", "head.fc.bias"}
    for name, values in model.weights.items():
        np.testing.assert_array_equal(values, whole.weights[name])
    assert model.class_names == ()
    assert whole.class_names != ()


@pytest.mark.slow
def test_a_folder_of_other_classes_from_the_command_line(tmp_path: Path) -> None:
    folder_of(tmp_path / "d", {"cat": 8, "dog": 8, "owl": 8})
    torch.save(_state(SPEC), "w.pt")
    line = ["train", "henet-r2", "--input", "1x7x7", "--channels", "4,8", "--repeats", "1"]
    line += ["--classes", "3", "--data", "folder", "--data-dir", "d", "--epochs", "1"]
    line += ["--batch", "6", "--weights", "w.pt", "-o", "run"]
    ended = run(*line)
    assert ended.code == 0, ended.err
    assert "the classifier, head.fc, begins anew" in " ".join(ended.err.split())
    held = run("evaluate", "run/weights.safetensors", "--data-dir", "d", "-f", "json")
    assert json.loads(held.out)["classes"] == ["cat", "dog", "owl"]
    resumed = run(*line, "--resume")
    assert resumed.code == 0, resumed.err
    assert "begins anew" not in resumed.err
    folder_of(tmp_path / "e", {"ant": 8, "bee": 8, "cat": 8})
    line[line.index("d")] = "e"
    line[line.index("w.pt")] = "run/weights.safetensors"
    other = run(*line[:-2], "-o", "other")
    assert other.code == 0, other.err
    told = " ".join(other.err.split())
    assert "the classifier, head.fc, begins anew: the weights are of other classes" in told
    assert "of 3 classes (ant, bee, cat)" in told


def test_a_folder_of_other_classes_in_python(tmp_path: Path) -> None:
    folder_of(tmp_path / "d", {"cat": 8, "dog": 8, "owl": 8})
    lines = list[str]()
    options: dict[str, Any] = {"data": "folder", "data_dir": "d", "epochs": 1, "batch": 6}
    outcome = ha.train(OTHER, "run", weights=_state(), say=lines.append, **options)
    assert outcome.finished
    assert "steps in each pass: 3, of 6 images; a smaller --batch makes more of them" in lines
    assert any("the classifier, head.fc, begins anew" in line for line in lines)
    saved = ha.load("run/weights.safetensors")
    assert outcome.model.weights is not None
    assert saved.weights is not None
    assert list(outcome.model.weights) == list(tensors_of(outcome.model.graph))
    for name, values in saved.weights.items():
        np.testing.assert_array_equal(outcome.model.weights[name], values)
    for key in ("class_names", "preprocessing", "trained_on", "split"):
        assert getattr(outcome.model, key) == getattr(saved, key)
    again = ha.with_weights(OTHER, outcome.model)
    assert (again.class_names, again.preprocessing) == (saved.class_names, saved.preprocessing)
    with pytest.raises(TrainError, match="weights change nothing here: init starts anew"):
        ha.train(OTHER, "more", weights=_state(), init="kaiming", **options)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("henet-r2", "head.fc.bias"),
        ("vgg16", "head.fc3.bias"),
        ("googlenet-auxiliary", "head.fc.bias"),
        ("squeezenet1_1", ""),
    ],
)
def test_the_bias_of_a_classifier_is_the_main_outputs(name: str, key: str) -> None:
    assert classifier_bias(ha.build(name)) == key
