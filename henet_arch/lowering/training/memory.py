"""Where maps and gradients lie in the memory of one block, by how long they are needed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .backward import Backward, Share, Target, target_of
from .forward import Forward
from .kernels import Kernel, Sum
from .values import ZERO, Value, View

GradientKey = tuple[int, int | None, int]
"""Map, norm layer, and which time that sees the plane; None for the map as it is stored."""


@dataclass(frozen=True)
class Memory:
    """Places in pixels: of vectors that hold one element of each image."""

    maps: tuple[int, ...]
    gradients: dict[GradientKey, int]
    masks: tuple[int, ...]
    """What each dropout keeps."""
    again: dict[int, int]
    """Sums that are formed on the way back, by the index of their map."""
    size: int


def memory(
    forward: Forward,
    backward: Backward,
    riders: dict[int, int],
    again: Collection[int] = (),
    *,
    observed: bool = False,
) -> Memory:
    """Places in which no two things lie that are needed at one time.

    Args:
        forward: The kernels.
        backward: Their gradients.
        riders: The sums that other kernels form.
        again: Those of them that are formed on the way back too.
        observed: Whether what bends is read once more at the end of the forward pass.
    """
    spans = _Spans(forward, backward, again)
    for kernel in forward.kernels:
        spans.go_forward(kernel, riders.get(kernel.map, kernel.map))
        spans.go_back(kernel)
    spans.turn(forward.bends.values() if observed else ())
    places, size = _packed(spans)
    gradients = {key: place for key, place in places.items() if isinstance(key, tuple)}
    return Memory(
        tuple(places.get(kernel.map, 0) for kernel in forward.kernels),
        gradients,
        tuple(places[_mask(index)] for index in range(len(forward.dropouts))),
        {index: places[_again(index)] for index in again},
        size,
    )


Thing = int | str | GradientKey
"""A map by its index, a mask or a sum that is formed again by its name, or gradients."""


def _mask(dropout: int) -> str:
    return f"mask {dropout}"


def _again(index: int) -> str:
    return f"again {index}"


class _Spans:
    """From when to when each thing is needed: kernels go by one by one, and back in turn."""

    def __init__(self, forward: Forward, backward: Backward, again: Collection[int]) -> None:
        self.forward, self.backward, self.again = forward, backward, again
        self.end = len(forward.kernels)
        self.first: dict[Thing, int] = {}
        self.last: dict[Thing, int] = {}
        self.sizes: dict[Thing, int] = {}
        self._noted: set[tuple[int, int]] = set()
        """Maps, and times at which they are known to be needed: each has many planes."""

    def go_forward(self, kernel: Kernel, now: int) -> None:
        """What a kernel needs that runs at the time `now`, or rides with another that does."""
        self._use_map(kernel.map, now if kernel.terms else 0)
        self._use_views(kernel.views, now)
        if isinstance(kernel, Sum) and kernel.dropout is not None:
            self._use(_mask(kernel.dropout), self._size(kernel.map), 0)

    def go_back(self, kernel: Kernel) -> None:
        """What it needs when the backward pass reaches it."""
        now = 2 * self.end + 1 - kernel.map
        if kernel.reads_back:
            self._use_views(kernel.views, now)
        if isinstance(kernel, Sum) and kernel.dropout is not None:
            self._use(_mask(kernel.dropout), self._size(kernel.map), now)
        for share in self.backward.shares[kernel.map]:
            self._use_share(share, now)
        for target in (target for targets in self.backward.parts[kernel.map] for target in targets):
            self._use_gradient(target, now)
            if target.norm is not None:
                self._use_map(kernel.map, now)

    def turn(self, bends: Iterable[Value]) -> None:
        """What the outputs need, and the beginning of the backward pass."""
        for value in (*self.forward.outputs, *bends):
            self._use_views(value.views, self.end)
        for share in self.backward.shares[self.end]:
            self._use_share(share, self.end + 1)
        for target in self.backward.cleared:
            self._use_gradient(target, self.end + 1)

    def _use(self, thing: Thing, size: int, time: int) -> None:
        self.first[thing] = min(self.first.get(thing, time), time)
        self.last[thing] = max(self.last.get(thing, time), time)
        self.sizes[thing] = size

    def _size(self, index: int) -> int:
        made = self.forward.maps[index]
        return made.channels * made.pixels

    def _use_map(self, index: int, time: int) -> None:
        if (index, time) in self._noted:
            return
        self._noted.add((index, time))
        if time > self.end and index in self.again:
            self._use(_again(index), self._size(index), time)
            self._use_views(self.forward.kernels[index].views, time)
        else:
            self._use(index, self._size(index), time)

    def _use_views(self, views: Iterable[View], time: int) -> None:
        for view in views:
            if view != ZERO:
                self._use_map(view.map, time)

    def _use_gradient(self, target: Target, time: int) -> None:
        held = self.backward.held(target)
        self._use(gradient_key(self.forward, held), self._size(held.map), time)

    def _use_share(self, share: Share, time: int) -> None:
        self._use_gradient(target_of(share.view), time)
        self._use_map(share.view.map, time)
        for norm in share.also:
            self._use_map(self.forward.norms[norm].map, time)
        if share.pending:
            self._use_gradient(share.pending, time)


def gradient_key(forward: Forward, target: Target) -> GradientKey:
    """What the gradients of a map's planes lie together for."""
    if target.norm is None:
        return target.map, None, 0
    norm = forward.norms[target.norm]
    return target.map, norm.owner, norm.repeat


def _packed(spans: _Spans) -> tuple[dict[Thing, int], int]:
    """The largest first, each at the first place that is free as long as it is needed."""
    places: dict[Thing, int] = {}
    things = sorted(spans.sizes, key=lambda thing: (-spans.sizes[thing], spans.first[thing]))
    for thing in things:
        others = sorted(
            (places[other], places[other] + spans.sizes[other])
            for other in places
            if spans.first[other] <= spans.last[thing] and spans.first[thing] <= spans.last[other]
        )
        at = 0
        for start, end in others:
            if at + spans.sizes[thing] <= start:
                break
            at = max(at, end)
        places[thing] = at
    return places, max((places[t] + spans.sizes[t] for t in places), default=0)
