"""The measured time of each layer, of networks whose layers can be run one by one."""

from __future__ import annotations

from ...analyzers import roofline
from ...ir.graph import Graph
from ...results.table import size
from ...support.errors import LimitError
from ...support.optional import need

MOST_BYTES = 2**30
"""Weights, inputs and output of one layer that is timed."""
MOST_FLOPS = 10**11
"""Of such a layer: some seconds on one core, dozens of times."""


def layer_seconds(graph: Graph) -> dict[str, float]:
    """The median time of each layer by itself, by name, which takes a second or more to measure.

    Raises:
        LimitError: a layer is too large to be timed.
        ExtraError: times need PyTorch, and it is not installed.
    """
    _limit(graph)
    need("torch", "torch")
    from .layer_timing import layer_seconds as measured

    return measured(graph)


def _limit(graph: Graph) -> None:
    """Refuse a layer that is too large to be run, before PyTorch is loaded for it."""
    for work in roofline.works(graph):
        if work.bytes_moved > MOST_BYTES or work.flops > MOST_FLOPS:
            raise LimitError(
                f"{work.name} is too large to be timed: {size(work.bytes_moved)} of weights, "
                f"inputs and output, {work.flops:,} FLOPs",
                why=f"the limit of a layer is {size(MOST_BYTES)} and {MOST_FLOPS:,} FLOPs",
                fix="a smaller image, or another cost: macs, params or memory",
            )
