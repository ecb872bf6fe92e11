"""A training step as kernels, gradients and places in memory: all that a target writes."""

from __future__ import annotations

from dataclasses import dataclass

from ...ir.graph import Graph
from ...support.errors import LimitError
from ...support.limits import MOST_ELEMENTS
from .again import again
from .backward import Backward, backward
from .checks import check
from .forward import ELSEWHERE, Forward, forward
from .memory import Memory, memory
from .riding import riding

_WIDEST = 16
"""Images of a block at most."""


@dataclass(frozen=True)
class Plan:
    """How one step of a network is computed."""

    forward: Forward
    backward: Backward
    riders: dict[int, int]
    """From the sums that another kernel forms to that kernel."""
    again: dict[int, int]
    """Those of them that it forms on the way back too."""
    memory: Memory
    is_observed: bool = False
    """Whether what bends can be read after the forward pass."""


def plan(graph: Graph, *, observed: bool = False) -> Plan:
    """How one step of `graph` is computed; `observed` for whoever verifies it.

    Raises:
        EmitError: no pass computes one of its layers.
        LimitError: it is too large to be planned, or its maps to be addressed.
    """
    check(graph)
    ahead = forward(graph)
    back = backward(ahead)
    riders = riding(ahead)
    formed = again(ahead, back, riders)
    places = memory(ahead, back, riders, formed, observed=observed)
    if places.size * _WIDEST > MOST_ELEMENTS:
        raise LimitError(
            f"the maps of 16 images have {places.size * _WIDEST:,} elements, and the limit is "
            f"{MOST_ELEMENTS:,}",
            why="places in memory are whole numbers of 32 bits",
            fix=f"a smaller input or fewer channels; or {ELSEWHERE}",
        )
    return Plan(ahead, back, riders, formed, places, observed)
