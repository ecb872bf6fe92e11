"""What a part of a network costs, by the names that drawings are coloured by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from ..support.errors import look_up
from . import unknown
from .layer_report import LayerReport
from .table import plain, size

CostName = Literal["macs", "params", "memory", "time"]


@dataclass(frozen=True)
class Cost:
    """One figure of a part: how its layers' figures become one, and how it is written."""

    name: CostName
    title: str
    of: Callable[[Sequence[LayerReport]], float]
    text: Callable[[float], str]
    """The number as people read it; of a count, without its unit."""
    unit: str = ""
    sums: bool = True
    """Whether a part's cost is the sum of its layers', and not the largest of them."""
    computed: bool = False
    """Whether it is what layers compute, which is unknown of some."""

    def told(self, layers: Sequence[LayerReport], parts: int = 1) -> str:
        """What `layers` cost, as `said` writes it; nothing for nothing."""
        number = self.of(layers)
        if not self.known(layers):
            return unknown.words(int(number), self.unit, known=False)
        return self.said(number, parts) if number else ""

    def figure(self, layers: Sequence[LayerReport]) -> str:
        """The same as it stands in a column of such numbers."""
        number = self.of(layers)
        if not self.known(layers):
            return plain(unknown.cell(int(number), known=False))
        return self.text(number) if number else ""

    def known(self, layers: Sequence[LayerReport]) -> bool:
        """Whether it is all that `layers` cost."""
        return not self.computed or all(layer.cost_known for layer in layers)

    def said(self, number: float, parts: int = 1) -> str:
        """The number with its unit, and of how many parts it is the sum."""
        together = f" in {parts}" if parts > 1 and self.sums else ""
        return f"{self.text(number)} {self.unit}".rstrip() + together


def cost(name: CostName, seconds: Mapping[str, float] | None = None) -> Cost:
    """The cost `name` of a network's layers.

    Args:
        name: one of `CostName`.
        seconds: the measured time of each layer, by name, where the cost is the time.

    Raises:
        UnknownNameError: there is no such cost.
    """
    look_up(name, dict.fromkeys(get_args(CostName)), "cost")
    if name == "time":
        return _time(seconds or {})
    if name == "memory":
        return Cost(
            name, "activation memory", _most_live, lambda number: size(int(number)), sums=False
        )
    title = {"macs": "MACs", "params": "params"}[name]
    return Cost(
        name, title, _sum_of(name), lambda number: f"{number:,}", title, computed=name == "macs"
    )


def _sum_of(name: str) -> Callable[[Sequence[LayerReport]], float]:
    return lambda layers: sum(int(getattr(layer, name)) for layer in layers)


def _most_live(layers: Sequence[LayerReport]) -> float:
    """Memory is shared by the layers, one after the other."""
    return max(int(layer.live_bytes) for layer in layers)


def _time(seconds: Mapping[str, float]) -> Cost:
    return Cost(
        "time",
        "time of each layer by itself",
        lambda layers: sum(seconds[layer.node.name] for layer in layers),
        lambda number: f"{number * 1e6:,.1f} µs",
    )
