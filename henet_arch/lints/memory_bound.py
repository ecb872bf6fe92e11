"""Convolutions and fully connected layers that wait for memory."""

from __future__ import annotations

from collections.abc import Iterator

from ..results.table import short, size
from .rule import Context, Finding, Rule, macs


def _check(context: Context) -> Iterator[Finding]:
    balance = context.machine.balance
    for node in context.graph:
        work = context.works[node.name]
        if macs(node) and work.intensity is not None and work.intensity < balance:
            yield Finding(
                (node.name,),
                f"{work.intensity:.2f} FLOP/B, below {balance:g}: {short(work.flops)} FLOPs, "
                f"{size(work.bytes_moved)}",
                share=work.bytes_moved / context.bytes_moved,
            )


RULE = Rule(
    id="HA302",
    severity="info",
    summary="convolutions and linear layers that compute too little for what they move",
    explanation=(
        "Below a machine's balance, its peak over its bandwidth, a layer takes as long as its "
        "bytes take, and fewer MACs make it no faster. Without --machine the balance is 4 FLOP/B, "
        "that of a core with 100 GFLOP/s and 25 GB/s. Norms, activations and moves are below any "
        "balance and fused by most runtimes, and are not told. Each layer is taken by itself: "
        "maps that stay in a cache cost less."
    ),
    advice="more channels in a group, fewer and wider layers, or a runtime that fuses them",
    source="Williams et al., Roofline (CACM 52(4), 2009); Ma et al., ShuffleNet V2 "
    "(arXiv:1807.11164), section 2",
    check=_check,
    of="bytes moved",
)
