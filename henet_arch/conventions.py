"""How to count: each convention is a small value, and every count is read through one.

No two published counters agree on one network, since each counts other operations. A convention
says which parameters and which operations its figures hold.
"""

from __future__ import annotations

from dataclasses import dataclass

from .dims import Dim
from .errors import look_up
from .graph import Node
from .layer import Ops


@dataclass(frozen=True)
class Convention:
    """What is counted as a parameter and as a multiply-accumulate."""

    name: str
    summary: str
    dense_params: bool = False
    """Whether weights are counted as if every convolution had one group."""
    as_printed: bool = False
    """Whether operations are counted on the layers that the source's table prints."""
    convolutions_only: bool = False
    """Whether only layers with a window have multiply-accumulates."""

    def macs(self, node: Node, ops: Ops) -> Dim:
        """Multiply-accumulates of one layer for one image, `ops` being those of the built one."""
        if self.convolutions_only and node.layer.window is None:
            return 0
        if self.as_printed and node.printed:
            return node.printed.layer.ops(node.printed.input_shapes, node.shape).mac
        return ops.mac


CONVENTIONS = {
    convention.name: convention
    for convention in (
        Convention("exact", "what the built network has"),
        Convention(
            "paper",
            "parameters as if no convolution were grouped, multiply-accumulates of convolutions "
            "only, and where a table of the paper prints a wider layer, that one",
            dense_params=True,
            as_printed=True,
            convolutions_only=True,
        ),
    )
}


def convention(name: str) -> Convention:
    """The convention `name`.

    Raises:
        UnknownNameError: there is none.
    """
    return look_up(name, CONVENTIONS, "counting convention")
