"""Windows of one plane to one plane that go down strips of columns, a vector wide each.

A row that is loaded stays in registers for all rows of the window. With a stride of 2 even and odd
columns are parted in registers too, so planes are read as they lie.
"""

from __future__ import annotations

from .program import Step
from .vectors import rounded
from .window_loop import WindowLoop

_STRIDES = ((1, 1), (2, 2))
_LARGEST = 5
"""Rows and columns of a window, above which registers hold too little of it."""
_FASTER = 1.5
"""How much more it computes in the same time than a sweep over all rows as one does, which wastes
less at the end of a row."""


def is_strips(step: Step, loop: WindowLoop) -> bool:
    """Whether strips suit it.

    Strips overlap, so an element may be finished twice: nothing that it is finished with may lie
    where it is stored.
    """
    window = loop.window
    return (
        loop.inputs * loop.outputs == 1
        and not loop.largest
        and window.stride in _STRIDES
        and window.dilation == (1, 1)
        and all(2 <= size <= _LARGEST for size in window.kernel)
        and (loop.packed or _FASTER * loop.row >= rounded(loop.row))
        and not any(finish.planar for finish in step.epilogues)
    )
