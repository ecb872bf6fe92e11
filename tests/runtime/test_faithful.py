"""Outputs with a network's own weights are held against PyTorch, and against the original."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli.run import run

import henet_arch as ha
from henet_arch.ir.model import Model
from henet_arch.runtime.faithful import verified
from henet_arch.runtime.torch.running import outputs
from henet_arch.runtime.verification import Verification
from henet_arch.support.errors import RunError

torch = pytest.importorskip("torch")
pytest.importorskip("onnxruntime")
comparison = pytest.importorskip("henet_arch.runtime.torch.comparison")

from torch import nn  # noqa: E402

SPEC = ha.Spec(name="tiny", channels=(4, 8), repeats=1, input=(1, 7, 7), classes=10)
ROWS = [
    f"with its weights: {what}" for what in ("outputs", "head.fc, shape", "head.fc, difference")
]


def _trained(spec: ha.Spec = SPEC, factor: float = 1.0) -> Model:
    """A network with weights that no verification draws."""
    torch.manual_seed(5)
    module = ha.to_torch(spec)
    for name, tensor in module.named_parameters():
        torch.nn.init.normal_(tensor, std=factor if name.startswith("head.fc") else 0.5)
    return ha.with_weights(spec, module)


@pytest.mark.parametrize("target", ["torch", "c", "onnx"])
@pytest.mark.parametrize("softmax", [False, True])
def test_own_weights_are_held_against_pytorch(target: str, softmax: bool) -> None:
    verification = ha.verify(_trained(SPEC.replace(softmax=softmax)), target)
    assert verification.holds, verification
    mine = [check for check in verification.checks if check.name.startswith("with its weights")]
    assert len(mine) == len(ROWS)
    assert not verification.notes
    plain = ha.verify(SPEC.replace(softmax=softmax), target)
    assert [c.name for c in plain.checks] == [c.name for c in verification.checks if c not in mine]


@pytest.mark.parametrize("factor", [1.0, 1e-15])
def test_what_is_wrong_with_these_weights_alone_is_found(factor: float) -> None:
    """However small the outputs are: those of networks that have not been trained."""

    def wrong(model: Model) -> Callable[..., Any]:
        call = outputs(model)
        return lambda images: [1.001 * output for output in call(images)]

    model = _trained(factor=factor)
    assert verified(Verification("tiny", ()), model, outputs).holds
    found = verified(Verification("tiny", ()), model, wrong)
    assert [check.name for check in found.checks if not check.holds] == ROWS[-1:]


def test_the_command_takes_weights_of_any_source(tmp_path: Path) -> None:
    model = _trained()
    assert model.weights
    state = {name: torch.from_numpy(np.array(value)) for name, value in model.weights.items()}
    torch.save(state, tmp_path / "w.pt")
    ha.save(SPEC, tmp_path / "tiny.toml")
    words = ("verify", str(tmp_path / "tiny.toml"), "--weights", str(tmp_path / "w.pt"))
    for target in ("torch", "onnx"):
        outcome = run(*words, "--target", target, "-f", "json")
        assert (outcome.code, outcome.err) == (0, "")
        found = json.loads(outcome.out)
        assert [c["name"] for c in found["checks"]][-3:] == ROWS
        assert found["notes"] == []


def test_an_original_without_weights_is_said(tmp_path: Path) -> None:
    ha.emit(SPEC, "caffe").save(tmp_path / "net.prototxt")
    note = "not held against the original: it has no weights"
    outcome = run("verify", str(tmp_path / "net.prototxt"))
    assert outcome.code == 0
    assert note in outcome.out
    assert ha.verify(tmp_path / "net.prototxt").to_dict()["notes"] == [note]
    assert note not in run("verify", "henet-r2").out


class Twice(nn.Module):
    """Gives one map as two outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Any) -> Any:
        y = self.conv(x)
        return y, y


def test_an_original_that_gives_one_map_twice() -> None:
    model = ha.load(Twice().eval(), (3, 8, 8))
    assert len(model.graph.outputs) == 1
    verification = ha.verify(model)
    assert verification.holds, verification
    assert any(check.name.startswith("the original") for check in verification.checks)


def test_other_outputs_and_other_shapes_are_told() -> None:
    graph = ha.build(SPEC)
    wanted = [comparison.Expected(np.zeros((2, 10)))]
    several = list(comparison.compared(graph, [np.zeros((2, 10))] * 2, wanted))
    assert [(check.name, check.holds) for check in several] == [("outputs", False)]
    _, shape = comparison.compared(graph, [np.zeros((2, 7))], wanted)
    assert (shape.name, shape.holds) == ("head.fc, shape", False)


class Sides(nn.Module):
    """Two inputs of other channels, and one that nobody needs."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 4, 1), nn.Conv2d(2, 4, 1)

    def forward(self, left: Any = None, middle: Any = None, *, right: Any = None) -> Any:
        if left is None:
            return self.b(right)
        return self.a(left) * 2 + (0 if right is None else self.b(right))


@pytest.mark.parametrize(
    ("shapes", "params"),
    [
        ({"right": (2, 5, 5), "left": (3, 5, 5)}, 28),
        ({"right": (2, 5, 5)}, 12),
        ({"left": (3, 5, 5)}, 16),
        ((3, 5, 5), 16),
    ],
)
def test_inputs_go_to_the_arguments_that_they_are_named_after(shapes: Any, params: int) -> None:
    model = ha.load(Sides(), shapes)
    assert ha.analyze(model).params == params
    verification = ha.verify(model)
    assert verification.holds, verification


class Scaled(nn.Module):
    """A tensor that is no buffer, and outputs that no image changes, as CLIP has them."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.scale = nn.Conv2d(3, 4, 1), nn.Parameter(torch.ones([]))
        self.blur = torch.full((4, 1, 3, 3), 1 / 9)

    def forward(self, x: Any) -> Any:
        blurred = nn.functional.conv2d(self.conv(x), self.blur, groups=4)
        return blurred, self.scale, self.scale.exp()


def test_what_else_a_module_gives_is_not_compared() -> None:
    verification = ha.verify(ha.load(Scaled(), (3, 6, 6)))
    assert verification.holds, verification
    assert any(check.name.startswith("the original") for check in verification.checks)


def test_a_module_that_stops_is_named() -> None:
    class Stopping(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 1)

        def forward(self, x: Any) -> Any:
            if not x.is_meta:
                raise RuntimeError("not today")
            return self.conv(x)

    with pytest.raises(RunError, match="the module Stopping stops: not today"):
        ha.verify(ha.load(Stopping(), (3, 6, 6)))
