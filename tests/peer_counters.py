"""Other tools that count a PyTorch module, each as an oracle of the convention of its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch
from hypothesis import assume


class Counts(NamedTuple):
    """What a counter gives for a module."""

    operations: int
    params: int


def _torch(module: Any, image: Any) -> Counts:
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(image)
    return Counts(counter.get_total_flops(), sum(p.numel() for p in module.parameters()))


def _fvcore(module: Any, image: Any) -> Counts:
    fvcore = pytest.importorskip("fvcore.nn")
    counter = fvcore.FlopCountAnalysis(module, image)
    counter.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return Counts(int(counter.total()), fvcore.parameter_count(module)[""])


def _thop(module: Any, image: Any) -> Counts:
    return Counts(*map(int, pytest.importorskip("thop").profile(module, (image,), verbose=False)))


def _torchinfo(module: Any, image: Any) -> Counts:
    summary = pytest.importorskip("torchinfo").summary(module, tuple(image.shape), verbose=0)
    return Counts(summary.total_mult_adds, summary.total_params)


def _ptflops(module: Any, image: Any) -> Counts:
    count = pytest.importorskip("ptflops").get_model_complexity_info
    shape = tuple(image.shape[1:])
    return Counts(*count(module, shape, as_strings=False, print_per_layer_stat=False))


def _calflops(module: Any, image: Any) -> Counts:
    count = pytest.importorskip("calflops").calculate_flops
    assume(any(True for _ in module.parameters()))  # without any it raises StopIteration
    flops, _, params = count(
        module, tuple(image.shape), print_results=False, output_as_string=False
    )
    return Counts(flops, params)


COUNTERS: dict[str, Callable[[Any, Any], Counts]] = {
    "calflops": _calflops,
    "fvcore": _fvcore,
    "ptflops": _ptflops,
    "thop": _thop,
    "torch": _torch,
    "torchinfo": _torchinfo,
}
