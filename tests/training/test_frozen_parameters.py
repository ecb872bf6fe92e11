"""What a PyTorch module has frozen stays as it is, and so do its buffers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import henet_arch as ha
from henet_arch.support.errors import TrainError

torch = pytest.importorskip("torch")
pytest.importorskip("lightning")
pytest.importorskip("sklearn")
pytestmark = pytest.mark.filterwarnings("ignore")

from training.runs import SHORT, train, weights_of  # noqa: E402

from henet_arch.training.machine import Machine  # noqa: E402
from henet_arch.training.start import completed, freeze  # noqa: E402

nn: Any = torch.nn
SIZE = (1, 8, 8)


class Normed(nn.Module):  # type: ignore[misc]
    """A frozen body, a filter that is a buffer, and a classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("blur", torch.full((6, 1, 3, 3), 1 / 9))
        self.body = nn.Sequential(nn.Conv2d(1, 6, 3), nn.BatchNorm2d(6), nn.ReLU())
        self.body.requires_grad_(False)
        self.scores = nn.Linear(6, 10)

    def forward(self, images: Any) -> Any:
        blurred = nn.functional.conv2d(self.body(images), self.blur, groups=6)
        return self.scores(blurred.mean((2, 3)))


def _loaded() -> tuple[Any, ha.Model]:
    torch.manual_seed(0)
    module = Normed()
    return module, ha.load(module, SIZE)


@pytest.mark.parametrize("engine", ["native", "torch"])
@pytest.mark.parametrize("init", [None, "kaiming"])
def test_they_stay_as_they_are(engine: str, init: str | None, tmp_path: Path) -> None:
    _, model = _loaded()
    lines: list[str] = []
    settings = replace(SHORT, epochs=1, init=init, average_weights=0.9)
    train(model, settings, tmp_path / "run", machine=Machine(engine=engine), say=lines.append)
    assert f"72 parameters stay as they are: {model.origin.title} has them frozen" in lines
    assert model.weights is not None
    for name in ("weights", "averaged"):
        trained = weights_of(tmp_path / "run", name)
        changed = {
            key
            for key, tensor in trained.items()
            if key in model.weights and not torch.equal(tensor, torch.tensor(model.weights[key]))
        }
        statistics = {"body.batch_norm2d1.running_mean", "body.batch_norm2d1.running_var"}
        assert changed == {"scores.weight", "scores.bias"} | statistics
        assert set(model.weights) <= set(trained)


def test_buffers_stay_in_a_training_that_goes_on_from_the_weights(tmp_path: Path) -> None:
    _, model = _loaded()
    once = replace(SHORT, epochs=1)
    train(model, once, tmp_path / "first")
    begun = ha.load(tmp_path / "first" / "weights.safetensors")
    assert begun.constants == model.constants != frozenset()
    assert ha.analyze(begun).params == ha.analyze(model).params
    train(begun, once, tmp_path / "second")
    first, second = (weights_of(tmp_path / name) for name in ("first", "second"))
    same = {k for k, tensor in first.items() if torch.equal(tensor, second[k])} & model.constants
    assert same == {name for name in model.constants if "running" not in name} != set()


def test_a_classifier_that_is_drawn_is_trained() -> None:
    module, _ = _loaded()
    model = ha.load(module.requires_grad_(False), SIZE)
    assert model.weights is not None
    without = {k: v for k, v in model.weights.items() if not k.startswith("scores.")}
    for begun in (replace(model, weights=without), replace(model, class_names=("a",) * 10)):
        classes = tuple("abcdefghij")
        for given in (begun, completed(begun, classes, lambda line: None)):
            emitted = ha.to_torch(replace(given, weights=None))
            freeze(emitted, given, classes, lambda line: None)
            left = {name for name, p in emitted.named_parameters() if p.requires_grad}
            assert left == {"scores.weight", "scores.bias"}


def test_a_module_that_is_frozen_whole_is_refused(tmp_path: Path) -> None:
    module, _ = _loaded()
    model = ha.load(module.requires_grad_(False), SIZE)
    with pytest.raises(TrainError, match="all parameters of the module Normed are frozen"):
        train(model, SHORT, tmp_path / "run")
    assert not list(tmp_path.iterdir())
