"""Under scrambled weights no layer is idle: without it, the output is another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import nn

import henet_arch as ha
from henet_arch.runtime.torch.scramble import scrambled

NETWORKS = {
    "henet": ha.Spec(channels=(6, 12, 24), repeats=2, input=17),
    "mobilenetv2": ha.Spec(family="mobilenetv2", width=0.2, repeats=1, input=33, last=24),
    "resnet": ha.Spec(family="resnet", channels=(8, 12), repeats=2, input=17),
    "vgg": ha.Spec(family="vgg", channels=(4, 6), repeats=2, hidden=(8,), input=12),
}


@pytest.fixture(params=NETWORKS)
def module(request: pytest.FixtureRequest) -> nn.Module:
    torch.manual_seed(0)
    return scrambled(ha.to_torch(NETWORKS[request.param])).double()


@pytest.fixture
def image(request: pytest.FixtureRequest, module: nn.Module) -> torch.Tensor:
    spec = NETWORKS[request.node.callspec.params["module"]]
    return torch.randn(2, *spec.input, dtype=torch.float64)


def _shown(module: nn.Module, image: torch.Tensor, wanted: torch.Tensor) -> bool:
    return bool((module(image) - wanted).abs().max() > 1e-3 * wanted.abs().max())


@torch.no_grad()
def test_a_rectifier_that_is_removed_shows(module: nn.Module, image: torch.Tensor) -> None:
    wanted = module(image)
    rectifiers = [m for m in module.modules() if isinstance(m, nn.ReLU | nn.ReLU6)]
    assert rectifiers
    for rectifier in rectifiers:
        hook = rectifier.register_forward_hook(lambda layer, inputs, output: inputs[0])
        assert _shown(module, image, wanted)
        hook.remove()
    assert not _shown(module, image, wanted)


@torch.no_grad()
def test_the_upper_bound_of_relu6_shows(image: torch.Tensor, module: nn.Module) -> None:
    wanted = module(image)
    for bounded in [m for m in module.modules() if isinstance(m, nn.ReLU6)]:
        hook = bounded.register_forward_hook(lambda layer, inputs, output: inputs[0].relu())
        assert _shown(module, image, wanted)
        hook.remove()


def _vectors(module: nn.Module) -> Iterator[torch.Tensor]:
    """Biases, and all numbers of batch norms."""
    for key, tensor in module.state_dict().items():
        if tensor.dim() == 1 and tensor.is_floating_point():
            assert not key.endswith("num_batches_tracked")
            yield tensor


@torch.no_grad()
def test_biases_and_statistics_show(module: nn.Module, image: torch.Tensor) -> None:
    wanted = module(image)
    for vector in _vectors(module):
        kept = vector.clone()
        vector.fill_(1 if (vector > 0).all() else 0)
        assert _shown(module, image, wanted)
        vector.copy_(kept)


def test_weights_have_either_sign(module: nn.Module) -> None:
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            assert layer.weight.min() < 0 < layer.weight.max()
