"""Which sums are formed once more on the way back, instead of being kept until then."""

from __future__ import annotations

from collections import defaultdict

from .backward import Backward
from .forward import Forward
from .kernels import Convolution


def again(forward: Forward, backward: Backward, riders: dict[int, int]) -> dict[int, int]:
    """From the index of each such sum to that of the kernel that forms it, forward and back.

    That kernel is the only one whose backward pass reads the sum, and goes over each of its rows.
    What is added up is kept; so of sums of sums every other one is formed again.
    """
    readers = _readers(forward, backward)
    result: dict[int, int] = {}
    for index, reader in sorted(riders.items()):
        kernel = forward.kernels[reader]
        if (
            readers[index] == {reader}
            and isinstance(kernel, Convolution)
            and _reads_each_row(kernel, forward.maps[reader].size[0])
            and not any(view.map in result for view in forward.kernels[index].views)
        ):
            result[index] = reader
    return result


def _readers(forward: Forward, backward: Backward) -> dict[int, set[int]]:
    """For each map the kernels whose backward passes read it; that of an output is behind all."""
    readers: dict[int, set[int]] = defaultdict(set)
    for kernel in forward.kernels:
        for view in kernel.views if kernel.reads_back else ():
            readers[view.map].add(kernel.map)
    for time, shares in enumerate(backward.shares):
        for share in shares:
            readers[share.view.map].add(time)
    return readers


def _reads_each_row(kernel: Convolution, rows: int) -> bool:
    """Whether windows leave no row out, so that none is handed back before it is formed."""
    window = kernel.window
    reach = (window.kernel[0] - 1) * window.dilation[0] + 1
    last = (rows - 1) * window.stride[0] - window.sides(0)[0] + reach
    return window.stride[0] <= reach and last >= kernel.size[0]
