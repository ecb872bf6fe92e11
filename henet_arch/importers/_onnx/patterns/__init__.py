"""What exporters spell out in several operators, as the one that it means."""

from __future__ import annotations

from ..network import Network
from ..rewriting import rewrite
from . import activations, biases, joins, layout, norms, pools, resizing, shuffles, transposed

_FILES = (activations, norms, shuffles, joins, pools, resizing, transposed, biases)


def simplify(network: Network) -> None:
    """Replace the patterns of a network, first as they are and then without its islands of NHWC."""
    own = [rewrite for each in _FILES for rewrite in each.REWRITES]
    rewrite(network, own)
    layout.sink(network)
    rewrite(network, own)
