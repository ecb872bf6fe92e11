"""What exporters spell out in several operators, as the one that it means."""

from __future__ import annotations

from ..network import Network
from ..rewriting import rewrite
from . import activations, biases, layout, norms, shuffles


def simplify(network: Network) -> None:
    """Replace the patterns of a network, first as they are and then without its islands of NHWC."""
    own = (*activations.REWRITES, *norms.REWRITES, *shuffles.REWRITES, *biases.REWRITES)
    rewrite(network, own)
    layout.sink(network)
    rewrite(network, own)
