"""Steps that nothing reads are left out."""

from __future__ import annotations

from dataclasses import replace

from .program import Program


def prune(program: Program) -> Program:
    """The steps that the outputs depend on; inputs that they do not need are left out too."""
    needed = {plane.step for value in program.outputs for plane in value.planes}
    for step in reversed(program.steps):
        if step.name in needed:
            needed |= {plane.step for plane in step.reads}
    kept = (step for step in program.steps if step.name in needed)
    return replace(program, steps=tuple(kept))
