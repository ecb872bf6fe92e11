"""All passes, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..ir.element_type import FLOAT32
from ..ir.graph import Graph
from ..support.errors import EmitError, LimitError
from ..support.limits import MOST_ELEMENTS
from .allocate import Buffers, allocate
from .blocking import weight_offsets
from .elide_moves import elide_moves
from .fold import fold
from .fuse import fuse
from .layout import Layout, lay_out
from .program import ZERO, Plane, Program
from .prune import prune
from .scale_weights import scale_weights
from .scratch import most_taps, scratch
from .select_kernels import Choice, select_kernels
from .vectors import WIDEST, rounded
from .window_loop import window_loop
from .zeros import Zeros, source_row, zeros


@dataclass(frozen=True)
class Plan:
    """A network as steps whose kernels and places in memory are known.

    All offsets count elements from the start of the workspace.
    """

    program: Program
    choices: Mapping[str, Choice]
    layout: Layout
    scratch: Mapping[str, int]
    """Where each step's scratch begins."""
    buffers: Buffers
    zeros: Zeros
    weights: Mapping[str, int]
    """Where each step's numbers begin in the weights; under "" where all end."""
    taps: int
    """Where a step says how far each of its taps reads: whole numbers, which no step reads as
    elements, since most of them would be subnormal, and slow."""
    size: int
    """Elements of the workspace."""

    @property
    def count(self) -> int:
        """Numbers in the weights."""
        return self.weights[""]

    def offset(self, plane: Plane) -> int:
        """Where a plane's first element is."""
        if plane == ZERO:
            return self.zeros.lead
        at = plane.step, plane.point
        return self.zeros.size + self.buffers.at[at] + plane.channel * self.layout.points[at].plane


def plan(graph: Graph, tuned: Mapping[str, str] | None = None) -> Plan:
    """How `graph` is computed; `tuned` as in `choose`.

    Raises:
        GraphError: a name is not one that a builder takes.
        EmitError: no kernel computes one of its layers, or its elements are not float32.
        LimitError: it has more channels or elements than can be planned or addressed.
    """
    _check_elements(graph)
    program = scale_weights(fuse(fold(prune(elide_moves(graph)))))
    choices = select_kernels(program, tuned)
    layout = lay_out(program, choices)
    empty = zeros(program, choices, layout)
    buffers = allocate(program, layout, scratch(program, choices, layout))
    spare = {name: empty.size + at for name, at in buffers.scratch.items()}
    taps = empty.size + buffers.size + _beyond(program, layout)
    size = taps + rounded(most_taps(program, choices))
    weights = weight_offsets(program, choices)
    _check("its maps need a workspace", size)
    _check("its weights are", weights[""])
    _check("its outputs are", sum(value.elements for value in program.outputs))
    return Plan(program, choices, layout, spare, buffers, empty, weights, taps, size)


def _check_elements(graph: Graph) -> None:
    for node in graph:
        if node.element_type != FLOAT32:
            raise EmitError(
                f"C computes in float32, and these elements are {node.element_type.name}",
                where=node.name,
                fix="target torch, or the network with elements of float32",
            )


def _check(what: str, elements: int) -> None:
    """Refuse what the offsets of a plan cannot say.

    Raises:
        LimitError: there are too many elements.
    """
    if elements > MOST_ELEMENTS:
        raise LimitError(
            f"{what} of {elements:,} elements, and the limit is {MOST_ELEMENTS:,}",
            why="offsets are whole numbers of 32 bits",
            fix="a smaller input, or fewer channels",
        )


def _beyond(program: Program, layout: Layout) -> int:
    """What a window may read behind the last map, for outputs that are thrown away."""
    reach = [rounded(1)]
    for step in program.steps:
        if loop := window_loop(step):
            row = layout.rows[step.name]
            reach.append(rounded((loop.margins[0] + 2) * row + loop.margins[1]))
            across = loop.window.stride[1] * max(row, WIDEST) + loop.window.kernel[1]
            reach.append(rounded(loop.frame[0] * source_row(layout, step) + across))
    return max(reach) + rounded(1)
