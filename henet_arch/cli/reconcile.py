"""`henet-arch reconcile`."""

from __future__ import annotations

from .options import MAX_BLOCKS, Format, MaxBlocks, Network, Output, takes_network


@takes_network
def reconcile(
    network: Network,
    max_blocks: MaxBlocks = MAX_BLOCKS,
    format: Format = None,
    output: Output = None,
) -> None:
    """Say why counters print different totals: what each one counts."""
    from ..analyzers.reconcile import Reconciliation
    from ..importers.load import load
    from .output import show

    show(Reconciliation(load(network, max_blocks=max_blocks).graph), format, output)
