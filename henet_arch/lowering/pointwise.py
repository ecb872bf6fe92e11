"""Which layers a step can do to each element before it is stored, many at once."""

from __future__ import annotations

from ..ir.layer import Layer
from ..ir.layers import Add, Divide, Elementwise, Maximum, Minimum, Multiply, PReLU, Subtract
from .program import Step

_JOINS = (Add, Multiply, Subtract, Divide, Maximum, Minimum)


def is_join(layer: Layer) -> bool:
    """Whether it goes element by element over several maps."""
    return isinstance(layer, _JOINS)


def is_pointwise(layer: Layer) -> bool:
    """Whether it is an epilogue of some step, perhaps of one of its own."""
    if isinstance(layer, Elementwise):
        return bool(layer.function.vector)
    return is_join(layer) or isinstance(layer, PReLU)


def is_pointwise_step(step: Step) -> bool:
    """Whether all that it does is its first epilogue."""
    return is_pointwise(step.node.layer) and not step.part
