"""Boolean matrices of channels: their product, and how they are drawn with characters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

_SHADES = "·░▒▓█"
"""A cell of which no, some and all pairs are reached."""


@dataclass(frozen=True)
class Matrix:
    """A boolean matrix, `(output channels, input channels)`: what depends on what."""

    rows: tuple[int, ...]
    """For each output channel the inputs that it depends on, as the bits of a number."""
    inputs: int
    each: int = 1
    """Neighbouring output channels that a row stands for: pixels of one channel, in a vector."""

    @property
    def outputs(self) -> int:
        """Output channels."""
        return len(self.rows) * self.each

    def row(self, channel: int) -> int:
        """The inputs that an output channel depends on, as bits."""
        return self.rows[channel // self.each]

    @property
    def pairs(self) -> int:
        """Output channels times input channels."""
        return self.outputs * self.inputs

    @cached_property
    def reached(self) -> int:
        """Pairs in which the output channel depends on the input channel."""
        return self.each * sum(row.bit_count() for row in self.rows)

    @cached_property
    def fewest(self) -> int:
        """Input channels that an output channel depends on, where they are fewest."""
        return min(row.bit_count() for row in self.rows)

    @property
    def mixes(self) -> bool:
        """Whether every output channel depends on every input channel."""
        return self.reached == self.pairs

    @cached_property
    def closed(self) -> bool:
        """Whether it never mixes, however often it reads what it gives: it is its own square."""
        return not self.mixes and self.inputs == self.outputs and self.then(self) == self

    def then(self, after: Matrix) -> Matrix:
        """What depends on what when `after` reads what this gives: the boolean product."""
        unions = {row: self._union(row) for row in set(after.rows)}
        return Matrix(tuple(unions[row] for row in after.rows), self.inputs, after.each)

    def _union(self, chosen: int) -> int:
        number = 0
        while chosen:
            number |= self.row((chosen & -chosen).bit_length() - 1)
            chosen &= chosen - 1
        return number


def drawn(matrix: Matrix, width: int, height: int) -> list[str]:
    """Lines of characters, an output channel a line and an input channel a character.

    A matrix that is larger than `width` characters and `height` lines is drawn by cells of several
    channels: `█` where all of their pairs are reached, `·` where none is, shades between.
    """
    rows, columns = _cut(matrix.outputs, height), _cut(matrix.inputs, width)
    return ["".join(_shade(matrix, row, column) for column in columns) for row in rows]


def _cut(length: int, most: int) -> list[range]:
    """Nearly equal parts, at most so many."""
    count = min(length, most)
    ends = [length * index // count for index in range(count + 1)] if count else []
    return [range(start, end) for start, end in pairwise(ends)]


def _shade(matrix: Matrix, outputs: range, inputs: range) -> str:
    mask = (1 << inputs.stop) - (1 << inputs.start)
    each = matrix.each
    reached = 0
    for place in range(outputs.start // each, -(-outputs.stop // each)):
        inside = min(outputs.stop, (place + 1) * each) - max(outputs.start, place * each)
        reached += inside * (matrix.rows[place] & mask).bit_count()
    return _SHADES[-(-4 * reached // (len(outputs) * len(inputs)))]
