"""Counts HENet Repeat 3 with henet-arch and with its peers, in one warm process, in turns.

python benchmarks/counters.py        (needs the `bench` extra)
"""

from __future__ import annotations

import contextlib
import io
import logging
import statistics
import time
import warnings
from collections.abc import Callable

import torch
from henet_torch import henet

import henet_arch as ha

ROUNDS = 10
CALLS = 5
"""Consecutive calls of one counter in a round; the first of them finds cold caches."""


def ours() -> tuple[int, int]:
    """Spec to report, nothing kept from the last round."""
    report = ha.analyze(ha.build(ha.Spec(channels=(24, 48, 96, 192), repeats=3)))
    return int(report.params), int(report.macs)


def ptflops(module: torch.nn.Module) -> tuple[int, int]:
    from ptflops import get_model_complexity_info

    macs, params = get_model_complexity_info(
        module, (3, 31, 31), as_strings=False, print_per_layer_stat=False
    )
    return params, macs


def torchinfo(module: torch.nn.Module) -> tuple[int, int]:
    from torchinfo import summary

    found = summary(module, (1, 3, 31, 31), verbose=0)
    return found.total_params, found.total_mult_adds


def fvcore(module: torch.nn.Module) -> tuple[int, int]:
    from fvcore.nn import FlopCountAnalysis, parameter_count

    flops = FlopCountAnalysis(module, torch.zeros(1, 3, 31, 31))
    flops.unsupported_ops_warnings(False)
    return parameter_count(module)[""], int(flops.total())


def torch_flops(module: torch.nn.Module) -> tuple[int, int]:
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(torch.zeros(1, 3, 31, 31))
    return sum(p.numel() for p in module.parameters()), counter.get_total_flops()


def main() -> None:
    """Print one row a counter: totals, median and fastest time, ratio of the medians to ours."""
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    module = henet()
    counters: dict[str, Callable[[], tuple[int, int]]] = {
        "henet-arch": ours,
        "ptflops": lambda: ptflops(module),
        "torchinfo": lambda: torchinfo(module),
        "fvcore": lambda: fvcore(module),
        "torch flop counter": lambda: torch_flops(module),
    }
    totals: dict[str, tuple[int, int]] = {}
    times: dict[str, list[float]] = {name: [] for name in counters}
    for turn in range(ROUNDS + 1):
        for name, count in (pair for pair in counters.items() for _ in range(CALLS)):
            start = time.perf_counter()
            with contextlib.redirect_stdout(io.StringIO()):
                totals[name] = count()
            if turn:
                times[name].append(1e3 * (time.perf_counter() - start))
    base = statistics.median(times["henet-arch"])
    print("| counter | params | operations | median ms | fastest ms | times ours |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, values in times.items():
        params, operations = totals[name]
        median = statistics.median(values)
        print(
            f"| {name} | {params:,} | {operations:,} | {median:.2f} | {min(values):.2f} "
            f"| {median / base:.1f} |"
        )


if __name__ == "__main__":
    main()
