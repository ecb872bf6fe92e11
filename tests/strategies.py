"""Random specs for Hypothesis."""

from __future__ import annotations

from math import inf
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from henet_arch.spec.build import reach
from henet_arch.spec.spec import Spec

WIDTHS = (2, 4, 6, 8, 12, 16, 20, 24, 30, 32, 36, 48, 64, 72, 96, 100, 144, 192)


@st.composite
def specs(draw: st.DrawFn, /, **fixed: Any) -> Spec:
    """Specs of every family that a network can be built from."""
    family = fixed.get("family") or draw(st.sampled_from(("henet", "shufflenet")))
    count = draw(st.integers(2, 5))
    smallest = 2 ** (count + 1) - 1
    widths = draw(st.lists(st.sampled_from(WIDTHS), min_size=count, max_size=count))
    values: dict[str, Any] = {
        "family": family,
        "channels": tuple(sorted(widths)),
        "repeats": draw(st.integers(0, 3) | st.tuples(*[st.integers(0, 3)] * (count - 1))),
        "input": (
            draw(st.integers(1, 4)),
            draw(st.integers(smallest, smallest + 20)),
            draw(st.integers(smallest, smallest + 20)),
        ),
        "classes": draw(st.integers(1, 20)),
        "kernels": draw(st.sampled_from((3, 5, 7))),
        "strides": draw(st.sampled_from((2, 2, 1))),
        "groups": draw(st.sampled_from(("nearest-divisors", "depthwise", "dense", 1, 2, 3, 4))),
        "padding": draw(st.sampled_from(("odd-resolution", "same", "valid"))),
    }
    if family == "henet":
        values["last_width"] = draw(st.sampled_from(("keep", "next")))
        values["rectify"] = draw(st.sampled_from(("branch", "branch", "join")))
        values["bias"], values["pooling"] = draw(st.booleans()), draw(st.booleans())
    spec = Spec(**{**values, **fixed})
    assume(reach(spec) == inf)
    return spec


SMALL: dict[str, dict[str, Any]] = {
    "alexnet": {"channels": (4, 8, 12, 12, 8), "hidden": (6,), "input": 63},
    "densenet": {"repeats": (2, 0, 3), "growth": 4, "stem_width": 6, "input": 33},
    "efficientnet": {
        "channels": (6, 8, 8), "repeats": (1, 0, 2), "strides": (1, 2, 2), "kernels": (3, 3, 5),
        "expansions": (1, 2, 3), "stem": 4, "last": 10, "input": 33,
    },
    "googlenet": {"input": 65},
    "lenet": {"channels": (2, 4, 6), "hidden": 5},
    "mobilenet": {"width": 0.1, "repeats": (1, 2, 0, 2, 1), "input": 33},
    "mobilenetv2": {"width": 0.2, "repeats": (1, 2, 0, 2, 1, 0, 1), "last": 24, "input": 33},
    "mobilenetv3": {
        "channels": (8, 16), "repeats": (1, 3), "strides": (2, 1), "kernels": (3, 5), "stem": 8,
        "expansions": ((1,), (3, 2.5)), "squeeze": (2, 0), "hard_swish_from": 2, "last": 16,
        "hidden": 9, "input": 33,
    },
    "nin": {"channels": (4, 6, 8), "mlp1": (4, 6, 8), "mlp2": (4, 6), "input": 16},
    "regnet": {
        "channels": (4, 8, 16), "repeats": (1, 0, 2), "stem": 6, "group_width": 4, "input": 33,
    },
    "resnet": {"channels": (8, 12, 16), "repeats": (1, 0, 2), "input": 33},
    "shufflenet-v1": {"channels": (6, 24, 48), "repeats": (1, 2), "input": 33},
    "shufflenetv2": {
        "channels": (8, 12), "repeats": (1, 2), "stem": 6, "last": 10, "input": 33,
    },
    "squeezenet": {
        "channels": (8, 16), "repeats": (1, 2), "strides": (1, 2), "stem": 4, "squeeze": 4,
        "input": 33,
    },
    "vgg": {"channels": (4, 6), "repeats": (1, 2), "hidden": (8,), "input": 12},
    "xception": {
        "stem": (4, 6), "channels": (8, 12, 16), "last": (12, 20), "repeats": 2, "input": 40,
    },
}  # fmt: skip
"""A small network of each family that another paper defines."""
_CHOICES: dict[str, tuple[Any, ...]] = {
    "groups": ("nearest-divisors", "depthwise", "dense", 1, 2),
    "padding": ("odd-resolution", "same", "valid"),
    "auxiliary": (False, True),
    "response_norm": (False, True),
    "norm": (False, True),
    "bias": (False, True),
    "pooling": (False, True),
    "block": ("basic", "bottleneck"),
    "skip": ("projection", "zeros"),
    "stride_in": ("3x3", "1x1"),
    "compression": (0.5, 0.9, 1.0),
    "expansions": (1, 3),
    "activation": ("silu", "relu6"),
    "squeeze": (0, 2),
    "scale_ends": (False, True),
    "width": (0.5, 1.0, 1.3),
    "stem_kernel": (3, 5),
}


@st.composite
def networks(draw: st.DrawFn) -> Spec:
    """Small specs of the families that other papers define, with the keys that each has."""
    name = draw(st.sampled_from(sorted(SMALL)))
    small = dict(SMALL[name])
    size = small.pop("input", 32)
    values = {
        "family": name,
        "input": (draw(st.integers(1, 3)), *(draw(st.integers(size, size + 9)) for _ in "hw")),
        "classes": draw(st.integers(1, 9)),
        **small,
        **draw(st.sampled_from(({}, {}, {"softmax": True}, {"features_only": True}))),
    }
    keys = Spec(family=name).own_keys()
    if name in ("resnet", "densenet"):
        values["stem"] = draw(st.sampled_from(("imagenet", "cifar")))
    for key in keys:
        if key in _CHOICES and key not in small and draw(st.booleans()):
            values[key] = draw(st.sampled_from(_CHOICES[key]))
    if values.get("block") == "basic":
        values.pop("stride_in", None)
    if values.get("features_only"):
        values.pop("auxiliary", None)
    if "groups" in values:
        values.pop("group_width", None)
    spec = Spec(**values)
    assume(reach(spec) == inf)
    return spec
