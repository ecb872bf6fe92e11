"""ReLU, addition and the like happen as the last act of the step that makes what they read.

An element is in a register then, so they cost neither a load nor a store. A layer that reads the
planes of several steps, as a ReLU behind a concatenation does, becomes the last act of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .pointwise import is_join, is_pointwise_step
from .program import Epilogue, Plane, Program, Size, Step


def fuse(program: Program) -> Program:
    """The same network with each such layer in the steps before it, where it can be."""
    steps: dict[str, Step] = {}
    order = program.order
    moved: dict[Plane, Plane] = {}
    for original in program.steps:
        step = original.replanned(lambda plane: moved.get(plane, plane))
        steps[step.name] = step
        if not is_pointwise_step(step):
            continue
        for main, finish in _arrangements(step):
            if _can_join(main, finish, step.size, steps, order):
                _join(step, main, finish, steps, moved)
                del steps[step.name]
                break
    return program.replanned(tuple(steps.values()), moved)


def _arrangements(step: Step) -> Iterator[tuple[tuple[Plane, ...], Epilogue]]:
    """The operands with each of them in turn as the first, and what is left to do with the rest."""
    main, finish = step.source.planes, step.epilogues[0]
    yield main, finish
    if not is_join(finish.node.layer):
        return
    for index, other in enumerate(finish.operands):
        if not finish.spread[index]:
            rest = (main, *finish.operands[:index], *finish.operands[index + 1 :])
            spread = (False, *finish.spread[:index], *finish.spread[index + 1 :])
            swapped = not finish.swapped  # of two; more of them are in no order
            yield other, finish._replace(operands=rest, spread=spread, swapped=swapped)


def _can_join(
    main: tuple[Plane, ...],
    finish: Epilogue,
    size: Size,
    steps: dict[str, Step],
    order: dict[str, int],
) -> bool:
    """Whether `main` is all that some steps make last, and the others are there before them."""
    if not all(plane.step for plane in main) or len(set(main)) < len(main):
        return False
    makers = {plane.step for plane in main}
    whole = {plane for name in makers for plane in steps[name].planes(steps[name].last)}
    first = min(order[name] for name in makers)
    ready = all(not p.step or order[p.step] < first for planes in finish.operands for p in planes)
    return (
        whole == set(main)
        and ready
        and all(steps[name].can_end_with_more and steps[name].size == size for name in makers)
    )


def _join(
    step: Step,
    main: tuple[Plane, ...],
    finish: Epilogue,
    steps: dict[str, Step],
    moved: dict[Plane, Plane],
) -> None:
    at = {plane: index for index, plane in enumerate(main)}
    for name in dict.fromkeys(plane.step for plane in main):
        maker = steps[name]
        places = [at[plane] for plane in maker.planes(maker.last)]
        operands = tuple(tuple(operand[i] for i in places) for operand in finish.operands)
        epilogues = (*maker.epilogues, finish._replace(operands=operands))
        steps[name] = replace(maker, epilogues=epilogues)
        for place, plane in zip(places, steps[name].planes(len(epilogues)), strict=True):
            moved[Plane(step.name, step.last, place)] = plane
