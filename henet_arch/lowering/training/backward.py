"""Where gradients go: what each kernel adds to the gradients of the planes that it has read.

The gradient of a plane is kept behind its function and before its batch norm, so that all who read
the plane through the same batch norm add to one. A sum hands its gradient on unchanged; so who
reads a term of it besides can add that on the way, and a term that nobody else reads needs no copy.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from .forward import Forward
from .kernels import Convolution, Kernel, Sum
from .values import View


class Target(NamedTuple):
    """The gradient of one plane, as a batch norm sees it, or as it is stored."""

    map: int
    channel: int
    norm: int | None
    """The index of the norm's channel."""


@dataclass(eq=False)
class Share:
    """What one kernel adds to the gradient of a plane that it has read."""

    view: View
    time: int
    """The index of the kernel; an output's is that of no kernel, behind all."""
    position: int
    """Which of the kernel's channels it is."""
    is_first: bool = False
    """Whether it sets the gradient, instead of adding to it."""
    pending: Target | None = None
    """A finished gradient that is added to its own: that of a sum of the same plane."""
    also: list[int] = field(default_factory=list)
    """Further norms' channels that have the total for their gradient."""

    @property
    def order(self) -> tuple[int, int]:
        """When it is added."""
        return -self.time, self.position


@dataclass
class Backward:
    """All shares, and what they make together."""

    shares: list[list[Share]]
    """By kernel; behind them those of the outputs."""
    aliases: dict[Target, Target]
    """Gradients that are others."""
    parts: list[list[list[Target]]]
    """By map and channel: the gradients of the plane, one for each norm and one as it is stored."""
    cleared: list[Target]
    """Gradients that are set to zero before all, since their elements are set one by one."""

    def held(self, target: Target) -> Target:
        """The gradient in whose place this one lies."""
        while target in self.aliases:
            target = self.aliases[target]
        return target


def backward(forward: Forward) -> Backward:
    """The shares of each kernel."""
    return _Routing(forward).result()


def target_of(view: View) -> Target:
    """The gradient to which a reader of the view adds."""
    return Target(view.map, view.channel, view.norm)


class _Routing:
    """Collects the shares, those of the kernels before those of plain sums."""

    def __init__(self, forward: Forward) -> None:
        self.forward = forward
        self.normed = {norm.map for norm in forward.norms}
        self.needed = _needed(forward)
        self.by_target: dict[Target, list[Share]] = {}
        self.aliases: dict[Target, Target] = {}
        self.uses: Counter[Target] = Counter()

    def result(self) -> Backward:
        kernels = self.forward.kernels
        self._count()
        for position, view in enumerate(v for value in self.forward.outputs for v in value.views):
            self._add(view, len(kernels), position)
        for kernel in kernels:
            if self.needed[kernel.map] and not self._is_plain(kernel):
                for position, terms in enumerate(kernel.terms):
                    for view in terms:
                        self._add(view, kernel.map, position)
        for kernel in reversed(kernels):
            if self.needed[kernel.map] and self._is_plain(kernel):
                self._hand_on(kernel)
        return self._finished()

    def _is_plain(self, kernel: Kernel) -> bool:
        """Whether it is a sum that hands its gradient on as it is."""
        return isinstance(kernel, Sum) and kernel.dropout is None and kernel.map not in self.normed

    def _count(self) -> None:
        views = [view for kernel in self.forward.kernels for view in kernel.views]
        views += [view for value in self.forward.outputs for view in value.views]
        self.uses = Counter(map(target_of, views))

    def _wants(self, view: View) -> bool:
        return view.map >= 0 and (self.needed[view.map] or view.norm is not None)

    def _add(self, view: View, time: int, position: int) -> None:
        if self._wants(view):
            share = Share(view, time, position)
            self.by_target.setdefault(target_of(view), []).append(share)

    def _last(self, target: Target) -> Share | None:
        """The share with which a gradient is finished."""
        while target in self.aliases:
            target = self.aliases[target]
        return max(self.by_target.get(target, ()), key=lambda share: share.order, default=None)

    def _hand_on(self, kernel: Kernel) -> None:
        for position, terms in enumerate(kernel.terms):
            own = Target(kernel.map, position, None)
            last = self._last(own)
            if last is None:
                continue
            for view in terms:
                if self._wants(view) and not self._joins(view, own, last):
                    self._add(view, kernel.map, position)

    def _joins(self, view: View, own: Target, last: Share) -> bool:
        """Whether another kernel adds the sum's gradient on its way, or nobody has to."""
        target = target_of(view)
        if view.pixel is not None or last.view.pixel is not None:
            return False
        if view.function is None and self.uses[target] == 1:
            self.aliases[target] = own
            if view.norm is not None:
                last.also.append(view.norm)
            return True
        others = sorted(self.by_target.get(target, ()), key=lambda share: share.order)
        for share in others:
            if share.view == view and share.pending is None and share.order > last.order:
                if share.time == len(self.forward.kernels):
                    continue
                share.pending = own
                return True
        return False

    def _finished(self) -> Backward:
        kernels = self.forward.kernels
        shares: list[list[Share]] = [[] for _ in range(len(kernels) + 1)]
        parts: list[list[list[Target]]] = [
            [[] for _ in range(made.channels)] for made in self.forward.maps
        ]
        cleared = []
        for target, listed in self.by_target.items():
            listed.sort(key=lambda share: share.order)
            if any(share.view.pixel is not None for share in listed):
                cleared.append(target)
            else:
                listed[0].is_first = True
            for share in listed:
                shares[share.time].append(share)
            parts[target.map][target.channel].append(target)
        for target in self.aliases:
            parts[target.map][target.channel].append(target)
        for each in shares:
            each.sort(key=lambda share: share.position)
        return Backward(shares, self.aliases, parts, cleared)


def _needed(forward: Forward) -> list[bool]:
    """For each map whether its gradient is of use: whether anything trained lies before it."""
    needed: list[bool] = []
    for kernel in forward.kernels:
        needed.append(
            isinstance(kernel, Convolution)
            or any(view.norm is not None or needed[view.map] for view in kernel.views)
        )
    return needed
