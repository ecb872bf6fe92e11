"""The largest set of layers none of which depends on another."""

from __future__ import annotations

from collections.abc import Iterator

from ..graph import Graph


def widest(graph: Graph) -> tuple[str, ...]:
    """The names of a largest antichain, in the graph's order.

    A largest matching of layers with layers that depend on them covers the graph by the fewest
    chains, which are as many as the antichain has layers; the layers that a smallest vertex cover
    leaves out are the antichain. Sets of layers are the bits of whole numbers.

    Source: Dilworth, A decomposition theorem for partially ordered sets (1950), by the proof of
    Fulkerson (1956); Koenig's theorem for the cover.
    """
    matching = _Matching(_below(graph))
    lonely = [top for top in range(len(graph)) if not matching.extend(top)]
    uppers, lowers = matching.reachable(lonely)
    names = [node.name for node in graph]
    return tuple(names[index] for index in sorted(uppers) if not lowers >> index & 1)


def _below(graph: Graph) -> list[int]:
    """For each layer the set of those that depend on it."""
    places = {node.name: index for index, node in enumerate(graph)}
    below = [0] * len(places)
    for index, node in reversed(list(enumerate(graph))):
        for name in node.inputs:
            below[places[name]] |= below[index] | 1 << index
    return below


class _Matching:
    """Pairs of layers, the lower depending on the upper; each is upper once and lower once."""

    def __init__(self, below: list[int]) -> None:
        self.below = below
        self.upper_of: dict[int, int] = {}
        self.lower_of: dict[int, int] = {}

    def extend(self, top: int) -> bool:
        """Give `top` a layer below it; others may have to take another one for that."""
        seen, queue, found_by = 0, [top], dict[int, int]()
        for upper in queue:
            new = self.below[upper] & ~seen
            seen |= new
            for lower in _bits(new):
                found_by[lower] = upper
                if lower not in self.upper_of:
                    self._pass_on(lower, top, found_by)
                    return True
                queue.append(self.upper_of[lower])
        return False

    def _pass_on(self, lower: int, top: int, found_by: dict[int, int]) -> None:
        """Each layer on the way takes what was found, and leaves what it had."""
        upper = -1
        while upper != top:
            upper = found_by[lower]
            left = self.lower_of.get(upper, -1)
            self.lower_of[upper], self.upper_of[lower] = lower, upper
            lower = left

    def reachable(self, lonely: list[int]) -> tuple[list[int], int]:
        """What alternating ways from unmatched layers meet: as uppers, and as a set of lowers."""
        seen, queue = 0, list(lonely)
        for upper in queue:
            new = self.below[upper] & ~seen
            seen |= new
            queue += [self.upper_of[lower] for lower in _bits(new)]
        return queue, seen


def _bits(mask: int) -> Iterator[int]:
    """The places of the bits, lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
