"""Orders in which a network can run, and one that holds the least memory at once.

The layers that have run are a state. A search visits states by the peak that led to them, the
least first, so the first order that it completes is a best one. Two facts keep it small. A layer
that can run within the peak so far, and leaves no more held than before, is run at once: no
order is worse for it, since what it frees it frees for all that follow. And no order needs less
than the hungriest layer alone or the last one, so orders are told apart only above
that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import heappop, heappush
from itertools import count
from math import prod
from typing import NamedTuple

from ..ir.graph import Graph
from . import memory
from ._numbers import need_numbers

MOST_LAYERS = 1_000
"""A network of more is not searched."""
MOST_TRIES = 100_000
"""Layers tried in some state before the search gives up: about a second."""


@dataclass(frozen=True)
class Ordered:
    """The order with the least peak that was found."""

    graph: Graph
    """The same network with its layers in that order; its own order where that is as good."""
    how: str
    least_bytes: int
    """No order needs less than this, as far as is known."""

    @property
    def proven(self) -> bool:
        """Whether no order needs less."""
        return memory.analyze(self.graph).peak_bytes == self.least_bytes


class _State(NamedTuple):
    """The layers that have run, and how it came to that. Sizes in elements."""

    done: int
    """A bit for each layer, by its place in the graph."""
    held: int
    peak: int
    ready: tuple[int, ...]
    """Layers that can run next."""
    before: _State | None
    ran: int


def least_peak(graph: Graph) -> Ordered:
    """An order that holds the least memory at once: proven, or the best of what was tried.

    Raises:
        ShapeError: a size of the network is left open.
    """
    need_numbers(graph)
    search = _Search(graph)
    own = int(memory.analyze(graph).peak_bytes)
    if own == search.least:
        return search.answer(graph, "one layer alone, or the end, needs as much")
    if len(graph) > MOST_LAYERS:
        return search.answer(graph, f"not searched: more than {MOST_LAYERS:,} layers")
    greedy = search.greedy()
    best, peak = (search.ordered(greedy), greedy.peak) if greedy.peak < own else (graph, own)
    layers, exact = search.exact(peak)
    if layers:
        best = search.ordered(layers)
    if exact:
        return search.answer(best, "all orders that could need less were searched")
    return search.answer(best, f"the search ended after {MOST_TRIES:,} tries")


class _Search:
    """What all states of one graph share."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.nodes = graph.nodes
        self.sizes = memory.sizes_of(graph, (int(prod(node.shape)) for node in graph))
        self.inputs = [dict.fromkeys(node.inputs) for node in graph]
        self.outputs = frozenset(graph.outputs)
        self.readers = {
            name: [graph.positions[node.name] for node in nodes]
            for name, nodes in graph.readers.items()
        }
        self.least = max(self._end(), *map(self._alone, range(len(graph))))
        self.tries = 0

    @cached_property
    def needs(self) -> list[int]:
        """What each layer reads, as the bits of a number."""
        positions = self.graph.positions
        return [sum(1 << positions[name] for name in inputs) for inputs in self.inputs]

    @cached_property
    def waiting(self) -> dict[str, int]:
        """Who reads each layer, as bits; outputs are read by the caller too, after all layers."""
        after = 1 << len(self.nodes)
        return {
            name: sum(1 << index for index in read) | (after if name in self.outputs else 0)
            for name, read in self.readers.items()
        }

    def answer(self, graph: Graph, how: str) -> Ordered:
        return Ordered(graph, how, self.least)

    def ordered(self, state: _State) -> Graph:
        """The graph in the order in which `state` was reached."""
        ran = []
        while state.before:
            ran.append(self.nodes[state.ran])
            state = state.before
        return replace(self.graph, nodes=tuple(reversed(ran)))

    def greedy(self) -> _State:
        """All layers, each time the one that raises the peak least, then what is held."""
        state = self._start()
        while state.ready:
            state = min(self._next(state), key=lambda after: (after.peak, after.held))
        return state

    def exact(self, peak: int) -> tuple[_State | None, bool]:
        """An order whose peak is below `peak`, if there is one, and whether the search ended.

        `least` rises to what is known of all orders.
        """
        self.tries = 0
        numbers = count()  # the newest first among equals, and states are never compared
        queue = [(0, 0, self._start())]
        seen: dict[int, int] = {}
        while queue and self.tries < MOST_TRIES:
            *_, state = heappop(queue)
            self.least = max(self.least, state.peak)
            state, following = self._eager(state)
            if not state.ready:
                return state, True
            for after in following:
                if after.peak < seen.get(after.done, peak):
                    seen[after.done] = after.peak
                    heappush(queue, (after.peak, -next(numbers), after))
        if not queue:
            self.least = peak
        return None, not queue

    def _start(self) -> _State:
        ready = tuple(index for index, inputs in enumerate(self.inputs) if not inputs)
        return _State(0, 0, self.least, ready, None, -1)

    def _eager(self, state: _State) -> tuple[_State, list[_State]]:
        """`state` after all layers that cost nothing now, and after each that can run then."""
        while True:
            following = []
            for after in self._next(state):
                if after.peak == state.peak and after.held <= state.held:
                    state = after
                    break
                following.append(after)
            else:
                return state, following

    def _next(self, state: _State) -> Iterator[_State]:
        """`state` after each layer that can run."""
        for index in state.ready:
            self.tries += 1
            node, done = self.nodes[index], state.done | 1 << index
            freed = [name for name in self.inputs[index] if not self.waiting[name] & ~done]
            taken, change = memory.step(node, self.sizes, freed)
            peak = max(state.peak, state.held + int(taken))
            opened = (i for i in self.readers[node.name] if not self.needs[i] & ~done)
            ready = (*(i for i in state.ready if i != index), *opened)
            yield _State(done, state.held + int(change), peak, ready, state, index)

    def _end(self) -> int:
        """What must be held while the last layer runs, whichever it is."""
        kept = {name for name, read in self.readers.items() if not read or name in self.outputs}
        total = sum(self.sizes[name] for name in kept)
        return min(
            total - self.sizes[node.name] + self._alone(index, kept)
            for index, node in enumerate(self.nodes)
            if not self.readers[node.name]
        )

    def _alone(self, index: int, elsewhere: Collection[str] = ()) -> int:
        """What must be held while a layer runs, whatever the order; without what is `elsewhere`."""
        inputs = self.inputs[index]
        held = sum(self.sizes[name] for name in inputs if name not in elsewhere)
        last = [name for name in inputs if name not in self.outputs]
        return held + int(memory.step(self.nodes[index], self.sizes, last)[0])
