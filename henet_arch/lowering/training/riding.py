"""Which sums are formed by the kernel that reads them first, on its way."""

from __future__ import annotations

from .forward import Forward
from .kernels import Convolution, Kernel, Pool, Sum


def riding(forward: Forward) -> dict[int, int]:
    """From the index of each sum that needs no pass of its own to that of the kernel that forms it.

    That kernel is the first to read it and reads all of its planes once. A sum whose statistics a
    batch norm needs cannot wait for it.
    """
    normed = {norm.map for norm in forward.norms}
    first: dict[int, Kernel] = {}
    for kernel in forward.kernels:
        for view in kernel.views:
            first.setdefault(view.map, kernel)
    return {
        kernel.map: first[kernel.map].map
        for kernel in forward.kernels
        if isinstance(kernel, Sum)
        and kernel.dropout is None
        and kernel.map not in normed
        and kernel.map in first
        and _reads_all(first[kernel.map], kernel)
    }


def _reads_all(reader: Kernel, made: Sum) -> bool:
    """Whether the kernel goes over every plane of the sum, each once."""
    views = [view for view in reader.views if view.map == made.map]
    return (
        isinstance(reader, Convolution | Pool)
        and all(view.pixel is None for view in views)
        and sorted(view.channel for view in views) == list(range(len(made.terms)))
    )
