"""Batch norm at inference is a factor and a shift for each channel: the layer before it has them.

Where a batch norm or a scale is all that reads a layer of weights, it becomes part of that step,
which takes over the folded weights and bias. (The numbers are folded where the weights are.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .program import Plane, Program, Step

NORMS = ("batch_norm2d", "batch_norm1d", "scale")
"""A factor and a shift for each channel."""
_LINEAR = ("conv2d", "conv_transpose2d", "linear", *NORMS)


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
    into: dict[str, str] = {}
    for norm in program.steps:
        source = norm.source.planes[0].step if norm.source.planes else ""
        before = steps.get(into.get(source, source))
        if before and _folds(norm, before, moved) and readers[source] == {norm.name}:
            steps[before.name] = replace(before, norms=(*before.norms, norm.node))
            moved |= dict(zip(norm.planes(0), before.planes(0), strict=True))
            into[norm.name] = before.name
            del steps[norm.name]
    return program.replanned(tuple(steps.values()), moved)


def _folds(norm: Step, before: Step, moved: Mapping[Plane, Plane]) -> bool:
    return (
        norm.node.layer.kind in NORMS
        and before.node.layer.kind in _LINEAR
        and tuple(moved.get(plane, plane) for plane in norm.source.planes) == before.planes(0)
        and norm.size == before.size
        and not (norm.part or before.part or before.epilogues or norm.epilogues)
    )
