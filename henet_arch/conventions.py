"""How to count: each convention is a small value, and every count is read through one.

No two published counters agree on one network, since each counts other operations. A convention
says which parameters and which operations its figures hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod

from .dims import Dim
from .errors import UnknownNameError, nearest
from .graph import Node
from .layer import Layer, Ops


@dataclass(frozen=True)
class Convention:
    """What is counted as a parameter and as a multiply-accumulate."""

    name: str
    summary: str
    dense_params: bool = False
    """Whether weights are counted as if every convolution had one group."""
    printed_macs: bool = False
    """Whether operations are counted on the layers that the source's table prints."""

    def params(self, node: Node) -> Dim:
        """Parameters of one layer."""
        return params(node.layer.ungrouped() if self.dense_params else node.layer)

    def macs(self, node: Node, ops: Ops) -> Dim:
        """Multiply-accumulates of one layer for one image, `ops` being those of the built one."""
        if self.printed_macs and node.printed:
            return node.printed.ops(node.input_shapes, node.shape).mac
        return ops.mac


@lru_cache(maxsize=4096)
def params(layer: Layer) -> Dim:
    """Trained parameters of `layer`."""
    return sum(map(prod, layer.weights().values()))


CONVENTIONS = {
    convention.name: convention
    for convention in (
        Convention("exact", "what the built network has"),
        Convention(
            "paper",
            "as the HENet paper counted: parameters as if no convolution were grouped, "
            "multiply-accumulates with the 2C inputs of Table 1 in every stride-1 block",
            dense_params=True,
            printed_macs=True,
        ),
    )
}


def convention(name: str) -> Convention:
    """The convention `name`.

    Raises:
        UnknownNameError: there is none.
    """
    if name not in CONVENTIONS:
        raise UnknownNameError(
            f"unknown counting convention {name!r}", fix=nearest(name, CONVENTIONS)
        )
    return CONVENTIONS[name]
