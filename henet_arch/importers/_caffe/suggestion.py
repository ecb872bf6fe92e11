"""The blob that was probably meant where a layer reads one of another shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...ir.dims import Shape, format_shape
from .message import place
from .wiring import Step


def meant(step: Step, steps: Sequence[Step], shapes: Mapping[int, Shape]) -> str:
    """A sentence on a blob of the right shape, or "" where there is none.

    It is best one that the wrong blob is made of, and else the nearest one before it.

    Args:
        step: The layer that does not fit.
        steps: All layers, in order.
        shapes: The shapes of the values so far, by number.
    """
    givers = {number: giver for giver in steps for number in giver.gives}
    pairs = list(_pairs(step, shapes))
    for number, wanted in pairs:
        giver = givers.get(number)
        for read in giver.reads if giver else ():
            if shapes[read] == wanted and read not in step.reads and read in givers:
                return _sentence(step, number, givers[read], read, wanted)
    for number, wanted in pairs:
        for giver in _before(number, step, steps):
            for given in reversed(giver.gives):
                if shapes.get(given) == wanted and given not in step.reads:
                    return _sentence(step, number, giver, given, wanted)
    return ""


def _pairs(step: Step, shapes: Mapping[int, Shape]) -> Iterator[tuple[int, Shape]]:
    """Each blob that may be the wrong one, the last first, and the shape that the others have."""
    read = [shapes[number] for number in step.reads]
    usual = max(read, key=lambda shape: (read.count(shape), -read.index(shape)))
    for number in reversed(step.reads):
        if shapes[number] != usual:
            yield number, usual
        elif len(read) == 2:
            yield number, next(shape for shape in read if shape != usual)


def _before(number: int, step: Step, steps: Sequence[Step]) -> Iterator[Step]:
    """The layers before the one that gives a value, the nearest first, and then those after it."""
    end = steps.index(step)
    giver = next((i for i, each in enumerate(steps[:end]) if number in each.gives), 0)
    yield from reversed(steps[:giver])
    yield from steps[giver:end]


def _sentence(step: Step, wrong: int, giver: Step, given: int, shape: Shape) -> str:
    name = giver.entry.tops[giver.gives.index(given)]
    bottom = step.entry.bottoms[step.reads.index(wrong)]
    line = place(giver.entry.line)
    return (
        f"did you mean {name[:99]!r} ({format_shape(shape)}{', ' if line else ''}{line}) instead "
        f"of {bottom[:99]!r}?"
    )
