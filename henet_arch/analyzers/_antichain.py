"""The largest set of layers none of which depends on another."""

from __future__ import annotations

from collections.abc import Iterator

from ..ir.graph import Graph


def widest(graph: Graph) -> tuple[str, ...]:
    """The names of a largest antichain, in the graph's order; of several the one that ends last.

    The layers are covered by the fewest chains, which are as many as the antichain has layers.
    Chains are a flow along the graph's edges that enters every layer: what one pass finds is
    lessened, way by way, until there is no way left. Each way takes time in proportion to the
    graph.

    Source: Dilworth, A decomposition theorem for partially ordered sets (1950); flows with lower
    bounds as in Ahuja, Magnanti and Orlin, Network Flows (1993), section 6.7.
    """
    flow = _Flow(graph)
    while flow.lessen():
        pass
    late = flow.before_end()
    return tuple(
        node.name for v, node in enumerate(graph) if _out(v) in late and _into(v) not in late
    )


def _into(layer: int) -> int:
    """The place in a flow where chains come into a layer."""
    return 2 * layer


def _out(layer: int) -> int:
    """The place where they leave it."""
    return 2 * layer + 1


class _Flow:
    """Chains of layers that cover the graph; several may go through one layer."""

    def __init__(self, graph: Graph) -> None:
        places = graph.positions
        self.read = [[places[name] for name in dict.fromkeys(node.inputs)] for node in graph]
        self.readers = [[places[node.name] for node in graph.readers[name]] for name in places]
        self.along: dict[tuple[int, int], int] = {}
        """How many chains go from a layer to one that reads it."""
        self.begun = [0] * len(places)
        self.ended = [0] * len(places)
        self.through = [0] * len(places)
        for layer in range(len(places)):
            self._enter(layer)

    def _enter(self, layer: int) -> None:
        """Take on one chain that ends before the layer, and all that no later one can take on."""
        for other in self.read[layer]:
            last = self.readers[other][-1] == layer
            taken = self.ended[other] if last else min(self.ended[other], 1 - self.through[layer])
            if taken > 0:
                self.along[other, layer] = taken
                self.ended[other] -= taken
                self.through[layer] += taken
        if not self.through[layer]:
            self.begun[layer] = self.through[layer] = 1
        self.ended[layer] = self.through[layer]

    def lessen(self) -> bool:
        """Cover the graph by one chain less, if that can be done."""
        came: dict[int, int] = {_into(v): -1 for v, begun in enumerate(self.begun) if begun}
        queue = list(came)
        for place in queue:
            if place % 2 and self.ended[place // 2]:
                self._lessen_along(place, came)
                return True
            for following in self._onward(place):
                if following not in came:
                    came[following] = place
                    queue.append(following)
        return False

    def before_end(self) -> set[int]:
        """The places from which a way of `lessen` would lead to the end of some chain."""
        queue = [_out(layer) for layer, ended in enumerate(self.ended) if ended]
        late = set(queue)
        for place in queue:
            new = [earlier for earlier in self._backward(place) if earlier not in late]
            late.update(new)
            queue += new
        return late

    def _onward(self, place: int) -> Iterator[int]:
        """Where a way can go: along chains that can do without, and back along any edge."""
        layer, leaves = divmod(place, 2)
        if leaves:
            yield _into(layer)
            for reader in self.readers[layer]:
                if self.along.get((layer, reader)):
                    yield _into(reader)
        else:
            if self.through[layer] > 1:
                yield _out(layer)
            yield from map(_out, self.read[layer])

    def _backward(self, place: int) -> Iterator[int]:
        """The places from which `_onward` leads to this one."""
        layer, leaves = divmod(place, 2)
        if leaves:
            if self.through[layer] > 1:
                yield _into(layer)
            yield from map(_into, self.readers[layer])
        else:
            yield _out(layer)
            for other in self.read[layer]:
                if self.along.get((other, layer)):
                    yield _out(other)

    def _lessen_along(self, place: int, came: dict[int, int]) -> None:
        """One chain less where a way goes forward, one more where it goes back."""
        self.ended[place // 2] -= 1
        while (before := came[place]) >= 0:
            self._change(before, place)
            place = before
        self.begun[place // 2] -= 1

    def _change(self, start: int, stop: int) -> None:
        (one, leaves), other = divmod(start, 2), stop // 2
        if one == other:
            self.through[one] += 1 if leaves else -1
        elif leaves:
            self.along[one, other] -= 1
        else:
            self.along[other, one] = self.along.get((other, one), 0) + 1
