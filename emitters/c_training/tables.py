"""The tables that say which planes each kernel reads and makes, and where gradients go."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from ...ir.layers import Elementwise
from ...lowering.training.backward import Share, Target, target_of
from ...lowering.training.memory import gradient_key
from ...lowering.training.plan import Plan
from ...lowering.training.values import Terms, View

NONE = -1
_NONE_FORMED: Mapping[int, int] = MappingProxyType({})


class Rows:
    """A table of C structures."""

    def __init__(self, kind: str, name: str) -> None:
        self.kind, self.name = kind, name
        self.rows: list[str] = []

    def add(self, *values: object) -> int:
        """The index of a new row."""
        self.rows.append(", ".join(map(str, values)))
        return len(self.rows) - 1

    def text(self) -> str:
        """The table as C; one that is empty has a row of zeros."""
        is_plain = not self.kind.startswith("struct")
        rows = [f"    {row}," if is_plain else f"    {{{row}}}," for row in self.rows or ["0"]]
        return "\n".join([f"static const {self.kind} {self.name}[] = {{", *rows, "};", ""])


@dataclass
class Tables:
    """Collects the rows of all tables but that of the kernels."""

    plan: Plan
    functions: dict[Elementwise, int] = field(default_factory=dict)
    terms: Rows = field(default_factory=lambda: Rows("struct term", "terms"))
    sources: Rows = field(default_factory=lambda: Rows("struct source", "sources"))
    shares: Rows = field(default_factory=lambda: Rows("struct share", "shares"))
    alsos: Rows = field(default_factory=lambda: Rows("struct term", "alsos"))
    parts: Rows = field(default_factory=lambda: Rows("struct part", "parts"))
    spans: Rows = field(default_factory=lambda: Rows("struct span", "spans"))

    def plane(self, view: View) -> int:
        """Where the plane or the element of a view lies."""
        return self._in(self.plan.memory.maps[view.map], view.map, view.channel) + (view.pixel or 0)

    def plane_back(self, view: View) -> int:
        """The same on the way back."""
        start = self.plan.memory.again.get(view.map, self.plan.memory.maps[view.map])
        return self._in(start, view.map, view.channel) + (view.pixel or 0)

    def _in(self, start: int, index: int, channel: int) -> int:
        return start + channel * self.plan.forward.maps[index].pixels

    def gradient(self, target: Target) -> int:
        """Where the gradient of a plane lies."""
        target = self.plan.backward.held(target)
        start = self.plan.memory.gradients[gradient_key(self.plan.forward, target)]
        return self._in(start, target.map, target.channel)

    def function(self, layer: Elementwise | None) -> int:
        """Its number; 0 for none."""
        if layer is None:
            return 0
        return self.functions.setdefault(layer, len(self.functions) + 1)

    def source(self, terms: Terms, stored: int = NONE, mask: int = NONE) -> int:
        """A row of what is read; `stored` is the place of a sum that the reader forms."""
        function = 0
        if stored != NONE:
            (view,) = terms
            function = self.function(view.function)
            terms = self.plan.forward.kernels[view.map].terms[view.channel]
        first = len(self.terms.rows)
        for view in terms:
            self.terms.add(self.plane(view), _or_none(view.norm), self.function(view.function))
        return self.sources.add(first, len(terms), stored, function, mask)

    def all_sources(self, terms: Iterable[Terms], formed: Mapping[int, int] = _NONE_FORMED) -> int:
        """The first of several rows; `formed` has the places of sums that the reader forms."""
        first = len(self.sources.rows)
        for each in terms:
            stored = NONE
            if each and each[0].map in formed:
                view = each[0]
                stored = self._in(formed[view.map], view.map, view.channel)
            self.source(each, stored)
        return first

    def masked_sources(self, terms: Iterable[Terms], mask: int, pixels: int) -> int:
        """The same of what a dropout multiplies, from the place of its mask on."""
        first = len(self.sources.rows)
        for index, each in enumerate(terms):
            self.source(each, mask=mask + index * pixels)
        return first

    def all_shares(self, shares: Sequence[Share], positions: int) -> int:
        """The first of a span for each position; NONE where nothing is handed back."""
        return self.spans_of(shares, positions) if shares else NONE

    def spans_of(self, shares: Iterable[Share], positions: int) -> int:
        """The first of a span for each position."""
        by_position: list[list[Share]] = [[] for _ in range(positions)]
        for share in shares:
            by_position[share.position].append(share)
        first = len(self.spans.rows)
        read = {share.pending for share in shares}
        for listed in by_position:
            self.spans.add(len(self.shares.rows), len(listed))
            for share in listed:
                self.share(share, read)
        return first

    def share(self, share: Share, read: Collection[Target | None]) -> None:
        """A row of what a kernel adds to a gradient; `read` are gradients that it reads itself."""
        view = share.view
        own = target_of(view)
        is_read = share.also or own in read
        also = len(self.alsos.rows)
        for norm in share.also:
            made = self.plan.forward.norms[norm]
            self.alsos.add(self.plane(View(made.map, made.plane)), norm, 0)
        self.shares.add(
            self.gradient(own) + (view.pixel or 0),
            self.plane_back(view),
            _or_none(view.norm),
            self.function(view.function),
            int(share.is_first) * (1 if is_read else 2),  # past the cache
            self.gradient(share.pending) if share.pending else NONE,
            also,
            len(share.also),
        )

    def all_parts(self, index: int) -> int:
        """The first of a span for each channel of a map: the gradients of it."""
        first = len(self.spans.rows)
        for targets in self.plan.backward.parts[index]:
            self.spans.add(len(self.parts.rows), len(targets))
            for target in targets:
                self.parts.add(self.gradient(target), _or_none(target.norm))
        return first

    def text(self) -> str:
        """All of them as C."""
        tables = (self.terms, self.sources, self.shares, self.alsos, self.parts, self.spans)
        return "".join(table.text() for table in tables)


def _or_none(index: int | None) -> int:
    return NONE if index is None else index
