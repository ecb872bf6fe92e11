"""What a line of a block sees: numbers, layers, and the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...support.errors import RuleError
from .values import Value

if TYPE_CHECKING:
    from ...ir.dims import Dim
    from ...ir.graph import Decision, Node
    from ..build import NetworkBuilder

INPUT = "in"


@dataclass(slots=True)
class Frame:
    """A block as it is being built."""

    net: NetworkBuilder
    keys: Mapping[str, Value]
    """The spec's keys, with whole lists."""
    numbers: dict[str, Value]
    """All that expressions can name here."""
    layers: dict[str, Node]
    """The lines so far by name; `in` is the block's input."""
    before: Mapping[str, Node] | None = None
    """The lines of the block before, where this one is repeated."""
    suffix: str = ""
    """What follows the names of layers, where a repeated block has no scope."""
    numbering: dict[str, int] = field(default_factory=dict)
    """How many blocks of each name there are."""
    reasons: list[Decision] = field(default_factory=list)
    """What rules have decided for the layer that comes next."""
    decided: Mapping[str, tuple[Decision, ...]] = field(default_factory=dict)
    """What rules have decided for numbers, by their names."""

    def number(self, name: str) -> Value:
        """A number by its name.

        Raises:
            RuleError: it has no value here.
        """
        try:
            return self.numbers[name]
        except KeyError:
            raise RuleError(
                f"{name} has no value here",
                fix=f"{name} = ... among the arguments of the block, or a key of the spec",
            ) from None

    def layer(self, name: str) -> Node:
        """A layer by the name of its line."""
        return self.layers[name]

    def layer_before(self, name: str) -> Node:
        """That of the block before; of the first block its input."""
        return self.layers[INPUT] if self.before is None else self.before[name]

    def groups(self, index: int, width: Dim) -> Dim:
        """m (0) or n (1) of a width, by the spec's rule, whose reason is kept."""
        result = self.net.grouping(width)
        if result.decision not in self.reasons:
            self.reasons.append(result.decision)
        return result[index]

    def take_reasons(self) -> tuple[Decision, ...]:
        """What rules have decided since the last layer."""
        result = tuple(self.reasons)
        self.reasons.clear()
        return result
