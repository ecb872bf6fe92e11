"""Counts 30 modules that others wrote with henet-arch and with its peers, in turns, on one thread.

python benchmarks/modules.py [NAME ...]     (make modules: timm, pytorchcv and torchvision's source)
"""

from __future__ import annotations

import contextlib
import io
import logging
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn
from zoo_networks import Network, made

import henet_arch as ha

ROUNDS = 3
"""Turns; the fastest counts, in seconds of the one core that the process has used."""
NEAR = 0.005
"""Two totals that differ by less are of the same operators."""
TIMM = (
    "resnet18", "resnet50", "resnext50_32x4d", "seresnet50", "mobilenetv2_100",
    "mobilenetv3_large_100", "efficientnet_b0", "efficientnet_lite0", "regnetx_008", "regnety_008",
    "densenet121", "ghostnet_100", "mnasnet_100", "hrnet_w18_small", "dla34", "convnext_tiny",
    "nfnet_l0", "xception41", "inception_v3", "vgg16", "repvgg_a0", "cspresnet50",
)  # fmt: skip
TORCHVISION = ("alexnet", "googlenet", "shufflenet_v2_x1_0", "squeezenet1_1")
PYTORCHCV = ("shufflenet_g3_w1", "sqnxt23_w1", "menet228_12x1_g3", "igcv3_w1")
INPUT = (3, 224, 224)


class Count(NamedTuple):
    """What a tool gives."""

    operations: int
    """Multiply-accumulates as the tool counts them; 0 where it counts none."""
    named: int
    """Operators that it says it has left out."""


def ours(module: nn.Module) -> Count:
    """Every layer."""
    report = ha.analyze(ha.load(module, INPUT))
    return Count(int(report.macs), len(report.unknown))


def fvcore(module: nn.Module) -> Count:
    from fvcore.nn import FlopCountAnalysis

    flops = FlopCountAnalysis(module, torch.zeros(1, *INPUT))
    flops.unsupported_ops_warnings(False)
    return Count(int(flops.total()), sum(flops.unsupported_ops().values()))


def ptflops(module: nn.Module) -> Count:
    from ptflops import get_model_complexity_info

    macs, _ = get_model_complexity_info(
        module, INPUT, as_strings=False, print_per_layer_stat=False, backend="pytorch"
    )
    return Count(int(macs or 0), 0)


def torchinfo(module: nn.Module) -> Count:
    from torchinfo import summary

    return Count(summary(module, (1, *INPUT), verbose=0).total_mult_adds, 0)


def torchview(module: nn.Module) -> Count:
    from torchview import draw_graph

    draw_graph(module, input_size=(1, *INPUT), device="meta", depth=20)
    return Count(0, 0)


def flop_counter(module: nn.Module) -> Count:
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(torch.zeros(1, *INPUT))
    return Count(counter.get_total_flops() // 2, 0)


COUNTERS: dict[str, Callable[[nn.Module], Count]] = {
    "henet-arch": ours,
    "ptflops": ptflops,
    "fvcore": fvcore,
    "torch flop counter": flop_counter,
    "torchinfo": torchinfo,
    "torchview's graph": torchview,
}


def network(name: str) -> Network:
    """Which library has it."""
    library = "torchvision" if name in TORCHVISION else "timm"
    return Network("pytorchcv" if name in PYTORCHCV else library, name, "cnn")


def main(names: list[str]) -> None:
    """Print one row a tool."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    seconds: dict[str, list[float]] = {name: [] for name in COUNTERS}
    counts: dict[str, list[Count | None]] = {name: [] for name in COUNTERS}
    for name in names:
        module, _ = made(network(name))
        for tool, count in COUNTERS.items():
            fastest, result = _timed(count, module)
            seconds[tool].append(fastest)
            counts[tool].append(result)
        print(f"{name}: {seconds['henet-arch'][-1]:.2f} s", file=sys.stderr)
    print("| tool | CPU seconds a module, median | of ours | same MACs as PyTorch counts | named |")
    print("| --- | ---: | ---: | ---: | ---: |")
    wanted = counts["torch flop counter"]
    for tool in COUNTERS:
        ratios = [
            own / mine for own, mine in zip(seconds[tool], seconds["henet-arch"], strict=True)
        ]
        same = sum(_same(mine, theirs) for mine, theirs in zip(counts[tool], wanted, strict=True))
        named = sum(count.named for count in counts[tool] if count)
        print(
            f"| {tool} | {statistics.median(seconds[tool]):.3f} | {statistics.median(ratios):.2f} "
            f"| {same} of {len(names)} | {named} |"
        )


def _timed(count: Callable[[nn.Module], Count], module: nn.Module) -> tuple[float, Count | None]:
    times, result = [], None
    for _ in range(ROUNDS):
        start = time.process_time()
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                result = count(module)
        except Exception as error:  # a tool that fails on a module is one that counts nothing
            print(f"{type(error).__name__}: {error!s:.99}", file=sys.stderr)
        times.append(time.process_time() - start)
    return min(times), result


def _same(one: Count | None, other: Count | None) -> bool:
    """Whether both have counted the same operators."""
    if not one or not other or not one.operations:
        return False
    return abs(one.operations - other.operations) <= NEAR * other.operations


if __name__ == "__main__":
    main(sys.argv[1:] or [*TIMM, *TORCHVISION, *PYTORCHCV])
