"""Input sizes that suit a number of stride-2 layers, as a result to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import discovery
from .errors import HenetArchError
from .tables import Column, Row, Table

if TYPE_CHECKING:
    from .rules.resolution import Chain


@dataclass(frozen=True)
class Plans:
    """The plan of each axis whose size differs."""

    axes: tuple[Plan, ...]

    def tables(self) -> list[Table]:
        return [plan.table() for plan in self.axes]

    def to_dict(self) -> dict[str, Any]:
        return {"schema": 1, "axes": [plan.to_dict() for plan in self.axes]}

    def records(self) -> list[dict[str, Any]]:
        return [record for plan in self.axes for record in plan.records()]


@dataclass(frozen=True)
class Plan:
    """The chain of `size` itself, and the nearest chains of odd sizes."""

    size: int
    layers: int
    last_odd: bool
    chains: tuple[Chain, ...]
    given: Chain | None
    """None where `size` is too small for the layers."""

    def table(self) -> Table:
        columns = (
            Column("input", number=True),
            Column("sizes"),
            Column("odd", number=True),
            Column("last", number=True),
            Column("change", number=True),
        )
        shown = {chain.input: chain for chain in (*self.chains, *filter(None, [self.given]))}
        rows = [self._row(shown[key]) for key in sorted(shown)]
        fitting = " or ".join(str(chain.input) for chain in self.chains)
        goal = " and end odd" if self.last_odd else ""
        note = f"{fitting} meet{'s' if len(self.chains) == 1 else ''} odd sizes only{goal}"
        title = f"{self.size} with {self.layers} stride-2 layers"
        return Table(title, columns, rows, [note])

    def to_dict(self) -> dict[str, Any]:
        return {
            "size": self.size,
            "layers": self.layers,
            "last_odd": self.last_odd,
            "plans": self.records(),
        }

    def records(self) -> list[dict[str, Any]]:
        return [
            {
                "size": self.size,
                "input": c.input,
                "sizes": " ".join(map(str, c.sizes)),
                "last": c.last,
            }
            for c in self.chains
        ]

    def _row(self, chain: Chain) -> Row:
        change = f"{chain.input - self.size:+d}" if chain.input != self.size else "given"
        sizes = " > ".join(map(str, chain.sizes))
        fits = chain in self.chains
        odd = f"{chain.odd} of {self.layers}"
        return Row((str(chain.input), sizes, odd, chain.last, change), "head" if fits else "plain")


def plan(size: int, layers: int, last_odd: bool = False) -> Plan:
    """The inputs nearest to `size` at which each of `layers` stride-2 layers meets an odd size.

    Raises:
        LimitError, RuleError: `size` or `layers` is out of bounds.
    Source: the HENet paper, section 3.3.
    """
    resolution = discovery.load("rules", "resolution")
    chains = resolution.plan(size, layers, last_odd)
    try:
        given = resolution.chain(size, layers)
    except HenetArchError:
        given = None
    return Plan(size, layers, last_odd, chains, given)
