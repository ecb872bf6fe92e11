"""Batch norm at inference is a factor and a shift for each channel: the layer before it has them.

Where a batch norm is all that reads a convolution or a linear layer, it becomes part of that step,
which takes over the folded weights and bias. (The numbers are folded where the weights are.)
"""

from __future__ import annotations

from dataclasses import replace

from .program import Plane, Program, Step

_LINEAR = ("conv2d", "linear")


def fold(program: Program) -> Program:
    """The same network without the batch norms that fold; before `fuse`."""
    readers: dict[str, set[str]] = {}
    for step in program.steps:
        for plane in step.reads:
            readers.setdefault(plane.step, set()).add(step.name)
    for value in program.outputs:
        for plane in value.planes:
            readers.setdefault(plane.step, set()).add("")
    steps = {step.name: step for step in program.steps}
    moved: dict[Plane, Plane] = {}
    for norm in program.steps:
        before = steps.get(norm.source.planes[0].step) if norm.source.planes else None
        if before and _folds(norm, before) and readers[before.name] == {norm.name}:
            steps[before.name] = replace(before, norm=norm.node)
            moved |= dict(zip(norm.planes(0), before.planes(0), strict=True))
            del steps[norm.name]
    return program.replanned(tuple(steps.values()), moved)


def _folds(norm: Step, before: Step) -> bool:
    return (
        norm.node.layer.kind == "batch_norm2d"
        and before.node.layer.kind in _LINEAR
        and norm.source.planes == before.planes(0)
        and not (before.epilogues or norm.epilogues)
    )
