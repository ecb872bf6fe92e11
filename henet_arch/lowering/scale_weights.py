"""Factors of channels, as of squeeze and excitation, multiply the weights that read the map.

That saves a pass over the map where a 1x1 convolution reads it and has fewer weights than the map
has elements: they are multiplied in each run, and the map stays as it is.
"""

from __future__ import annotations

from dataclasses import replace

from ..ir.layers import Multiply
from .pointwise import is_pointwise_step
from .program import Factors, Program, Step
from .window_loop import window_loop

_CHEAPER = 2
"""Elements of a plane for each output channel, from which on it is worth it."""


def scale_weights(program: Program) -> Program:
    """The same network with such factors in the steps that read what they multiply."""
    steps = {step.name: step for step in program.steps}
    for step in program.steps:
        if name := _reader(program, step):
            factors = Factors(step.node, step.epilogues[0].operands[0])
            steps[name] = replace(steps[name], source=step.source, factors=factors)
            del steps[step.name]
    return replace(program, steps=tuple(steps.values()))


def _reader(program: Program, step: Step) -> str:
    """The step that may multiply its weights, or ""."""
    if not _is_factor(step) or program.stored[step.name] != (step.last,):
        return ""
    readers = program.readers[step.name, step.last]
    if len(readers) > 1 or "" in readers:
        return ""
    (name,) = readers
    reader = program.steps[program.order[name]]
    others = (plane for f in reader.epilogues for planes in f.operands for plane in planes)
    alone = all(plane.step != step.name for plane in others)
    return (
        name if alone and reader.source.planes == step.planes(step.last) and _mixes(reader) else ""
    )


def _is_factor(step: Step) -> bool:
    """Whether it only multiplies planes, each by one element."""
    if not is_pointwise_step(step) or len(step.epilogues) != 1:
        return False
    (finish,) = step.epilogues
    return isinstance(finish.node.layer, Multiply) and finish.spread == (True,)


def _mixes(step: Step) -> bool:
    """Whether it sums all planes at each place, with few enough weights."""
    loop = window_loop(step)
    return (
        loop is not None
        and not loop.largest
        and (loop.groups, loop.window.kernel, loop.window.stride) == (1, (1, 1), (1, 1))
        and loop.size == loop.size_in
        and loop.inputs * loop.outputs > 1
        and loop.size[0] * loop.size[1] >= _CHEAPER * loop.outputs
    )
