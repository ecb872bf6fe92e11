"""Weights that are multiplied by factors in each run."""

from __future__ import annotations

from collections.abc import Iterable

from ...lowering.scratch import factored_at
from .lines import call
from .step import StepWriter


def weights(w: StepWriter, blocks: Iterable[tuple[int, int]]) -> tuple[list[str], str]:
    """What is done once, and the name of the weights that the kernel then reads.

    Args:
        w: The step.
        blocks: How many weights each block has for an input, and how many such blocks follow each
            other.
    """
    factors = w.step.factors
    if factors is None:
        return [], "weights"
    w.kernels.need("factors.h")
    places = w.table([w.plan.offset(plane) for plane in factors.planes])
    room = w.scratch + factored_at(w.step, w.plan.choices[w.step.name], w.row)
    lines, at = [f"float *own = ws + {room};"], 0
    for width, many in blocks:
        from_, to = f"weights + {at}", f"own + {at}"
        lines.append(call("multiply_weights", from_, to, "ws", places, w.loop.inputs, width, many))
        at += w.loop.inputs * width * many
    return lines, "own"
