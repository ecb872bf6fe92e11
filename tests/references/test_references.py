"""Other people's implementations with our weights: the same outputs and the same counts.

They are in no extra: `make references` installs them into an environment of their own, and where
they are missing these tests are skipped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import henet_arch as ha

torch = pytest.importorskip("torch")
nn = torch.nn


def _torchvision(name: str) -> Any:
    """From PyPI it may be built for another torch; its networks need none of its operators."""
    try:
        library = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float threshold) -> Tensor")
        _KEPT.append(library)
    except RuntimeError:  # they are there
        pass
    models = pytest.importorskip("torchvision.models")
    return getattr(models, name)(weights=None)


_KEPT: list[Any] = []


def _timm(name: str) -> Any:
    _torchvision("resnet18")
    return pytest.importorskip("timm").create_model(name)


def _pytorchcv(name: str) -> Any:
    provider = pytest.importorskip("pytorchcv.model_provider")
    return provider.get_model(name, pretrained=False)


CASES: list[tuple[str, Callable[[str], Any], str]] = [
    ("alexnet-one-column", _torchvision, "alexnet"),
    ("vgg11", _torchvision, "vgg11"),
    ("vgg16-bn", _torchvision, "vgg16_bn"),
    ("resnet18", _torchvision, "resnet18"),
    ("resnet50", _torchvision, "resnet50"),
    ("resnet152", _torchvision, "resnet152"),
    ("densenet121", _torchvision, "densenet121"),
    ("densenet201", _torchvision, "densenet201"),
    ("mobilenetv2", _torchvision, "mobilenet_v2"),
    ("mobilenetv2-140", _timm, "mobilenetv2_140"),
    ("mobilenetv2-035", _timm, "mobilenetv2_035"),
    ("mobilenet", _timm, "mobilenetv1_100"),
    ("mobilenet-025", _pytorchcv, "mobilenet_wd4"),
    ("xception", _timm, "legacy_xception"),
    ("densenet-bc-100-12", _pytorchcv, "densenet100_k12_bc_cifar10"),
    *((f"shufflenet-v1-g{g}", _pytorchcv, f"shufflenet_g{g}_w1") for g in (1, 2, 3, 4, 8)),
    ("shufflenet-v1-g3-x025", _pytorchcv, "shufflenet_g3_wd4"),
]


def _weighted(module: Any, image: Any) -> list[Any]:
    """The layers with weights, in the order in which they run."""
    ran: list[Any] = []
    hooks = [
        inner.register_forward_hook(lambda layer, *_: ran.append(layer))
        for inner in module.modules()
        if list(inner.parameters(recurse=False))
    ]
    module(image)
    for hook in hooks:
        hook.remove()
    return ran


@pytest.mark.parametrize(("preset", "find", "name"), CASES, ids=[case[0] for case in CASES])
@torch.no_grad()
def test_our_weights_give_their_output(preset: str, find: Callable[[str], Any], name: str) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    report = ha.analyze(preset)
    theirs = find(name).double().eval()
    ours = ha.to_torch(preset).double().eval()
    torch.manual_seed(0)
    image = torch.rand(1, *report.graph.input_shape, dtype=torch.float64)
    for tensor in ours.state_dict().values():
        if tensor.is_floating_point():
            fan_in = tensor[0].numel() if tensor.dim() > 1 else 1
            tensor.copy_((torch.rand_like(tensor) + 0.5) / fan_in)
    pairs = zip(_weighted(ours, image), _weighted(theirs, image), strict=True)
    for mine, other in pairs:
        keys = [key for key in other.state_dict() if "." not in key]
        other.load_state_dict(dict(zip(keys, mine.state_dict().values(), strict=True)))
    torch.testing.assert_close(ours(image), theirs(image))
    assert report.params == sum(parameter.numel() for parameter in theirs.parameters())
    with FlopCounterMode(display=False) as counter:
        theirs(image)
    assert counter.get_total_flops() == 2 * report.macs
