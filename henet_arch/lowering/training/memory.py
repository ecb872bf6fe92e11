"""Where maps and gradients lie in the memory of one block of images, by how long they are needed."""

from __future__ import annotations

from dataclasses import dataclass

from .backward import Backward, Share, Target, target_of
from .forward import Forward
from .kernels import Convolution, Pool, Sum
from .values import View


GradientKey = tuple[int, int | None, int]
"""Map, norm layer, and which time that sees the plane; None for the map as it is stored."""


@dataclass(frozen=True)
class Memory:
    """Places in pixels: of vectors that hold one element of each image."""

    maps: tuple[int, ...]
    gradients: dict[GradientKey, int]
    masks: tuple[int, ...]
    """What each dropout keeps."""
    size: int


class _Spans:
    """From when to when each thing is needed."""

    def __init__(self) -> None:
        self.first: dict[object, int] = {}
        self.last: dict[object, int] = {}
        self.sizes: dict[object, int] = {}

    def use(self, thing: object, size: int, time: int) -> None:
        self.first[thing] = min(self.first.get(thing, time), time)
        self.last[thing] = max(self.last.get(thing, time), time)
        self.sizes[thing] = size


def memory(
    forward: Forward, backward: Backward, riders: dict[int, int], *, observed: bool = False
) -> Memory:
    """Places in which no two things lie that are needed at one time.

    Args:
        forward: The kernels.
        backward: Their gradients.
        riders: The sums that other kernels form.
        observed: Whether what bends is read once more at the end of the forward pass.
    """
    spans = _Spans()
    count = len(forward.kernels)
    turn = count + 1

    def returns(index: int) -> int:
        """When the backward pass reaches a kernel; the outputs come first."""
        return turn + count - index

    def use_map(index: int, time: int) -> None:
        spans.use(index, forward.maps[index].channels * forward.maps[index].pixels, time)

    def use_gradient(target: Target, time: int) -> None:
        target = backward.held(target)
        made = forward.maps[target.map]
        spans.use(gradient_key(forward, target), made.channels * made.pixels, time)

    def use_views(views: list[View], time: int) -> None:
        for view in views:
            use_map(view.map, time)

    def use_share(share: Share, time: int) -> None:
        use_gradient(target_of(share.view), time)
        use_map(share.view.map, time)
        for norm in share.also:
            use_map(forward.norms[norm].map, time)
        if share.pending:
            use_gradient(share.pending, time)

    for kernel in forward.kernels:
        index = kernel.map
        now = riders.get(index, index)
        use_map(index, now if kernel.terms else 0)
        use_views(list(kernel.views), now)
        reads_again = isinstance(kernel, Convolution) or (
            isinstance(kernel, Pool) and kernel.largest
        )
        if reads_again:
            use_views(list(kernel.views), returns(index))
        if isinstance(kernel, Sum) and kernel.dropout is not None:
            pixels = len(kernel.terms) * forward.maps[index].pixels
            spans.use(("mask", kernel.dropout), pixels, 0)
            spans.use(("mask", kernel.dropout), pixels, returns(index))
        for share in backward.shares[index]:
            use_share(share, returns(index))
        for targets in backward.parts[index]:
            for target in targets:
                use_gradient(target, returns(index))
                if target.norm is not None:
                    use_map(index, returns(index))
    for value in (*forward.outputs, *(forward.bends.values() if observed else ())):
        use_views([view for view in value.views if view.map >= 0], count)
    for share in backward.shares[count]:
        use_share(share, turn)
    for target in backward.cleared:
        use_gradient(target, turn)
    places, size = _packed(spans)
    return Memory(
        tuple(places.get(index, 0) for index in range(count)),
        {
            key: place
            for key, place in places.items()
            if isinstance(key, tuple) and key[0] != "mask"
        },
        tuple(places["mask", index] for index in range(len(forward.dropouts))),
        size,
    )


def gradient_key(forward: Forward, target: Target) -> GradientKey:
    """What the gradients of a map's planes lie together for."""
    if target.norm is None:
        return target.map, None, 0
    norm = forward.norms[target.norm]
    return target.map, norm.index, norm.repeat


def _packed(spans: _Spans) -> tuple[dict[object, int], int]:
    """The largest first, each at the first place that is free as long as it is needed."""
    places: dict[object, int] = {}
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
