"""A step that the machine has no memory for is refused, with a batch that it has memory for."""

from __future__ import annotations

import re
from typing import Any

import pytest
from cli.run import run

import henet_arch as ha

torch = pytest.importorskip("torch")
pytest.importorskip("lightning")
pytest.importorskip("sklearn")
pytestmark = pytest.mark.filterwarnings("ignore")

from henet_arch.runtime import memory  # noqa: E402
from henet_arch.runtime.torch.kept import kept_bytes  # noqa: E402
from henet_arch.runtime.torch.module import to_torch  # noqa: E402

NETWORK = ("--channels", "12,24", "--repeats", "1", "--input", "1x15x15", "--epochs", "1")


@pytest.mark.parametrize("name", ["henet-r2", "shufflenet-r2", "lenet5", "mobilenetv3-small"])
def test_what_is_kept_of_a_batch_is_known_from_two_images(name: str) -> None:
    model = ha.load(name)
    module = to_torch(model).train()
    images = torch.randn(24, *model.graph.input_shape)
    before = {key: value.clone() for key, value in module.state_dict().items()}
    torch.manual_seed(3)
    first = torch.rand(1)
    torch.manual_seed(3)
    expected = kept_bytes(module, images)
    assert torch.equal(torch.rand(1), first)
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())
    kept: dict[int, Any] = {}
    with torch.autograd.graph.saved_tensors_hooks(
        lambda tensor: kept.setdefault(tensor.untyped_storage().data_ptr(), tensor), lambda t: t
    ):
        module(images)
    weights = {parameter.untyped_storage().data_ptr() for parameter in module.parameters()}
    found = sum(t.untyped_storage().nbytes() for at, t in kept.items() if at not in weights)
    assert found == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("engine", ["native", "torch"])
@pytest.mark.slow
def test_the_batch_of_the_advice_has_room(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_free", lambda: 2_000_000)
    command = ("train", *NETWORK, "--engine", engine, "--output", "run")
    refused = run(*command)
    assert refused.code == 3
    assert "a training step of 128 images needs" in refused.err
    assert "the machine has 2.0 MB" in refused.err
    advice = re.search(r"--batch (\d+)", refused.err)
    assert advice, refused.err
    assert 1 < int(advice[1]) < 128
    followed = run(*command, "--batch", advice[1])
    assert followed.code == 0, followed.err
