"""Which networks of other people are loaded, by a rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

CNNS = (
    "byobnet", "convmixer", "convnext", "cspnet", "cspnext", "densenet", "dla", "dpn",
    "efficientnet", "fasternet", "ghostnet", "hardcorenas", "hgnet", "hrnet", "inception_next",
    "inception_resnet_v2", "inception_v3", "inception_v4", "lcnetv2", "mambaout", "mobilenetv3",
    "nasnet", "nfnet", "pnasnet", "rdnet", "regnet", "repghost", "repvit", "res2net", "resnest",
    "resnet", "resnetv2", "rexnet", "selecsls", "senet", "sknet", "starnet", "tresnet", "vgg",
    "vovnet", "xception", "xception_aligned",
)  # fmt: skip
"""The modules of timm whose networks are convolutional."""
HYBRIDS = (
    "byoanet", "coat", "cpubone", "csatv2", "davit", "edgenext", "efficientformer",
    "efficientformer_v2", "efficientvim", "efficientvit_mit", "efficientvit_msra", "fastvit",
    "focalnet", "gcvit", "iformer", "levit", "lowformer", "maxxvit", "metaformer",
    "mobilenetv5", "mobilevit", "mvitv2", "nest", "nextvit", "pvt_v2", "shvit", "swiftformer",
    "tiny_vit", "twins", "visformer", "vitamin", "vision_transformer_hybrid",
)  # fmt: skip
"""The modules of timm whose networks have convolutions and attention, or what replaces it."""
TRANSFORMERS = ("maxvit", "swin_transformer", "vision_transformer")
"""The modules of torchvision whose networks are not convolutional."""
OTHER_TASKS = (
    "ade20k", "asr", "celeba", "centernet", "cifar", "cityscapes", "coco", "cub", "jasper",
    "lffd", "nvpatt", "pfpcnet", "pose", "prnet", "propainter", "quartz", "raft", "seg",
    "superpoint", "svhn", "viseme", "voc",
)  # fmt: skip
"""What the names of pytorchcv's networks for other tasks or other images have."""
NUMBERS = {"cnn": 364, "hybrid": 81, "pytorchcv": 91, "torchvision": 25}


class Network(NamedTuple):
    library: str
    name: str
    group: str
    """`cnn` or `hybrid`."""

    @property
    def key(self) -> str:
        return f"{self.library}:{self.name}"


def networks() -> list[Network]:
    """All of them: of each module the same number, spread evenly over its alphabetical list.

    A module that has fewer gives all it has. So many of each are taken that the numbers are
    reached, and of these the right number, spread evenly again.
    """
    return [
        *(Network("timm", name, "cnn") for name in _chosen(_timm(CNNS), NUMBERS["cnn"])),
        *(Network("timm", name, "hybrid") for name in _chosen(_timm(HYBRIDS), NUMBERS["hybrid"])),
        *(
            Network("pytorchcv", name, "cnn")
            for name in _chosen(_pytorchcv(), NUMBERS["pytorchcv"])
        ),
        *(
            Network("torchvision", name, "cnn")
            for name in _chosen(_torchvision(), NUMBERS["torchvision"])
        ),
    ]


def _chosen(modules: Mapping[str, list[str]], number: int) -> list[str]:
    for most in range(1, number + 1):
        names = sorted(name for each in modules.values() for name in _spread(each, most))
        if len(names) >= number:
            return _spread(names, number)
    return sorted(name for each in modules.values() for name in each)


def _spread(names: list[str], most: int) -> list[str]:
    if len(names) <= most:
        return names
    return [names[index * len(names) // most] for index in range(most)]


def _timm(wanted: tuple[str, ...]) -> Mapping[str, list[str]]:
    declare_operators()
    from timm.models import _registry, list_models

    modules = defaultdict(list)
    for name in list_models():
        modules[_registry._model_to_module[name]].append(name)
    return {module: modules[module] for module in wanted}


def _pytorchcv() -> Mapping[str, list[str]]:
    """Classifiers of photographs, by the module that makes them."""
    from pytorchcv.model_provider import _models

    modules = defaultdict(list)
    for name, make in sorted(_models.items()):
        module = make.__module__.rpartition(".")[2]
        if not any(word in f"{name}_{module}" for word in OTHER_TASKS):
            modules[module].append(name)
    return modules


def _torchvision() -> Mapping[str, list[str]]:
    declare_operators()
    from torchvision import models

    modules = defaultdict(list)
    for name in models.list_models(module=models):
        module = models.get_model_builder(name).__module__.rpartition(".")[2]
        if module not in TRANSFORMERS:
            modules[module].append(name)
    return modules


def made(network: Network, largest: int | None = None) -> tuple[Any, tuple[int, int, int]]:
    """The module with random weights, in evaluation mode, and the shape of its images.

    Args:
        network: Which.
        largest: The most rows and columns of an image; None takes its own.
    """
    module, shape = _made(network)
    return module.eval(), tuple(min(size, largest or size) for size in shape)  # type: ignore[return-value]


def _made(network: Network) -> tuple[Any, tuple[int, int, int]]:
    if network.library == "timm":
        declare_operators()
        import timm

        module = timm.create_model(network.name)
        return module, tuple(module.default_cfg["input_size"])
    if network.library == "pytorchcv":
        from pytorchcv.model_provider import get_model

        module = get_model(network.name, pretrained=False)
        height, width = getattr(module, "in_size", (224, 224))
        return module, (3, height, width)
    declare_operators()
    from torchvision import models

    module = models.get_model(network.name, weights=None)
    return module, (3, *(2 * (299 if "inception" in network.name else 224,)))


@cache
def declare_operators() -> Any:
    """What torchvision's wheel for CUDA asks for; none of its networks here needs it."""
    import torch

    library: Any = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float threshold) -> Tensor")
    return library
