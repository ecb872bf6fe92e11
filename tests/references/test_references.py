"""Other people's implementations with our weights: the same outputs and the same counts.

They are in no extra: `make references` installs them into an environment of their own, and where
they are missing these tests are skipped. Weights and images have either sign, so that a ReLU that
one of the two lacks shows in the output.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from references.cases import OTHERS, REFERENCES, Case
from references.feature_maps import feature_info, kept
from torch import nn

import henet_arch as ha
from henet_arch.runtime.torch.scramble import scrambled

Module = Any
Tensor = Any


def _torchvision(name: str) -> Module:
    """From PyPI it may be built for another torch; its networks need none of its operators."""
    try:
        library: Any = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float threshold) -> Tensor")
        _KEPT.append(library)
    except RuntimeError:  # they are there
        pass
    models = pytest.importorskip("torchvision.models")
    return getattr(models, name)(weights=None)


_KEPT: list[Any] = []


def _timm(name: str) -> Module:
    _torchvision("resnet18")
    return pytest.importorskip("timm").create_model(name, **SETTINGS.get(name, {}))


SETTINGS = {f"mobilenetv3_{size}_075": {"bn_eps": 1e-3} for size in ("large", "small")}
"""What networks of timm are told, whose usual value is another."""


def _pytorchcv(name: str) -> Module:
    provider = pytest.importorskip("pytorchcv.model_provider")
    return provider.get_model(name, pretrained=False)


LIBRARIES: dict[str, Callable[[str], Module]] = {
    "torchvision": _torchvision,
    "timm": _timm,
    "pytorchcv": _pytorchcv,
}


def _without_bound(module: Module) -> None:
    """ReLU in place of every ReLU6."""
    for parent in module.modules():
        for name, child in parent.named_children():
            if isinstance(child, nn.ReLU6):
                setattr(parent, name, nn.ReLU())


def _without_padding(module: Module) -> None:
    """Pooling as Caffe's: windows that reach over the edge in place of zeros around the map."""
    for pool in module.modules():
        if isinstance(pool, nn.MaxPool2d | nn.AvgPool2d):
            pool.padding, pool.ceil_mode = 0, True


DIFFERENCES = {
    "mobilenetv1_100": _without_bound,
    "nin_cifar10": _without_padding,
}
"""Networks of the same counts and other outputs, and what makes their outputs ours."""


def _empty(make: Callable[[str], Module], name: str) -> Module:
    """The network without its numbers, which takes no time."""
    with torch.device("meta"):
        return make(name).eval()


def _weighted(module: Module, shape: tuple[int, ...]) -> dict[str, Module]:
    """The layers with weights by name, in the order in which they run."""
    ran: dict[str, Module] = {}

    def note(name: str, layer: Module, *_: Any) -> None:
        ran.setdefault(name, layer)

    hooks = [
        inner.register_forward_hook(partial(note, name))
        for name, inner in module.named_modules()
        if list(inner.parameters(recurse=False))
    ]
    module(torch.empty(1, *shape, device="meta"))
    for hook in hooks:
        hook.remove()
    return ran


def _share(ours: Module, theirs: Module, preset: str) -> None:
    """Give each layer of theirs, which are empty, the weights of ours that runs as its turn."""
    shape = ha.build(preset).input_shape
    pairs = zip(
        _weighted(_empty(ha.to_torch, preset), shape),
        _weighted(theirs, shape).values(),
        strict=True,
    )
    for name, other in pairs:
        keys = [key for key in other.state_dict() if "." not in key]
        values = ours.get_submodule(name).state_dict().values()
        shapes = [other.state_dict()[key].shape for key in keys]  # a 1x1 may be a linear layer
        shaped = [value.reshape(shape) for value, shape in zip(values, shapes, strict=True)]
        other.load_state_dict(dict(zip(keys, shaped, strict=True)), assign=True)


def _difference(found: Tensor, wanted: Tensor) -> float:
    """The largest one, as a share of the largest wanted number."""
    return float((found - wanted).abs().max() / wanted.abs().max())


def _is_cut(layer: Module, inputs: tuple[Tensor], _: Tensor) -> None:
    """Each bound of a function of a map cuts something off."""
    (x,) = inputs
    if x[0, 0].numel() == 1:
        return  # a few numbers, all of which may be of one sign
    low, high = BOUNDS[type(layer)]
    assert x.min() < low
    assert x.max() > high


BOUNDS = {nn.ReLU: (0, 0), nn.ReLU6: (0, 6), nn.Hardswish: (-3, 3), nn.SiLU: (0, 0)}
"""Beyond which a function is a line, or has another sign."""


def _rectifiers(module: Module) -> list[Module]:
    return [layer for layer in module.modules() if isinstance(layer, tuple(BOUNDS))]


@pytest.mark.parametrize("case", [*REFERENCES, *OTHERS], ids=lambda case: " ".join(case))
@torch.no_grad()
def test_our_weights_give_their_output(case: Case) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    report = ha.analyze(case.preset)
    theirs = _empty(LIBRARIES[case.library], case.name)
    assert report.params == sum(parameter.numel() for parameter in theirs.parameters())
    with FlopCounterMode(display=False) as counter:
        theirs(torch.empty(1, *report.graph.input_shape, device="meta"))
    assert counter.get_total_flops() == 2 * report.macs

    torch.manual_seed(0)
    ours = scrambled(ha.to_torch(case.preset)).double()
    image = torch.randn(1, *report.graph.input_shape, dtype=torch.float64)
    _share(ours, theirs, case.preset)
    hooks = [layer.register_forward_hook(_is_cut) for layer in _rectifiers(ours)]
    wanted = ours(image)
    for hook in hooks:
        hook.remove()
    if repair := DIFFERENCES.get(case.name):
        assert _difference(theirs(image), wanted) > 1e-3
        repair(theirs)
    assert _difference(theirs(image), wanted) < 1e-9
    _rectifiers(ours)[-1].register_forward_hook(lambda layer, inputs, output: inputs[0])
    assert _difference(ours(image), wanted) > 1e-3


def test_the_table_of_feature_maps_is_timms() -> None:
    for row in kept():
        assert feature_info(_empty(_timm, row.theirs)) == row.maps, row.preset
