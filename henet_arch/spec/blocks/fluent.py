"""Blocks in Python: each call adds the line that a file would have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, Any, Protocol

from ...support.errors import look_up
from .text import BLOCKS, LAYERS, NETWORK

if TYPE_CHECKING:
    from ..spec import Spec

Operand = str | int | float | bool
"""A number, a truth, or an expression as a file has it."""


class _Add(Protocol):
    """A layer of the language as a method: `block.conv("conv1", "C", kernel=3)`."""

    def __call__(
        self,
        name: str,
        *arguments: Operand,
        of: str = "",
        when: str = "",
        because: str = "",
        **named: Operand,
    ) -> Block: ...


@dataclass(frozen=True)
class Block:
    """A block, or a network, line by line; every method gives a new one with one line more.

    `Block("unit", half="C / 2").conv("conv1", "half").norm("bn1")` is the block `unit` with the
    number `half` and two lines. Each layer of the language is a method: its first argument is the
    line's name, then come its arguments, with expressions as text; `of`, `when` and `because`
    are the line's other words.

    Args:
        name: The block's name; `network` for the network itself.
        numbers: Its own numbers, as numbers or expressions over those of the spec.
    """

    name: str
    numbers: Mapping[str, Operand]
    texts: tuple[str, ...] = ()

    def __init__(self, name: str, /, **numbers: Operand) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "numbers", dict(numbers))
        object.__setattr__(self, "texts", ())

    @classmethod
    def of(cls, spec: Spec, name: str = NETWORK) -> Block:
        """A block of a spec, or its network.

        Args:
            spec: A spec that declares its blocks.
            name: The block's name.

        Raises:
            UnknownNameError: the spec declares no block of that name.
        """
        declared = spec.model_dump(mode="json") if spec.declared else {}
        tables = {**declared.get(BLOCKS, {}), NETWORK: {LAYERS: declared.get(NETWORK, [])}}
        table = dict(look_up(name, tables, "block"))
        lines = table.pop(LAYERS)
        return reduce(cls.line, lines, cls(name, **table))

    def line(self, text: str) -> Block:
        """The block with one line more, as a file has it.

        Args:
            text: `conv1, bn1 = conv(C, kernel=3), norm`.
        """
        made = Block(self.name, **self.numbers)
        object.__setattr__(made, "texts", (*self.texts, text))
        return made

    def call(
        self,
        name: str,
        kind: str,
        *arguments: Operand,
        of: str = "",
        when: str = "",
        times: Operand = "",
        because: str = "",
        **named: Operand,
    ) -> Block:
        """The block with a layer, or another block, more.

        Args:
            name: the line's name; "" for a block in this one's scope.
            kind: the layer, or the other block.
            arguments: its arguments in order, as numbers or expressions.
            of: the line that it reads, where that is not the one before.
            when: the condition on which it is there.
            times: how often a block is there.
            because: the reason that `explain` prints, as `rule: reason [source]`.
            named: its other arguments by name.
        """
        given = [*map(_text, arguments), *(f"{key}={_text(value)}" for key, value in named.items())]
        text = f"{name} = " * bool(name) + kind + f"({', '.join(given)})" * bool(given)
        clauses = (("of", of), ("when", when), ("times", _text(times)))
        text += "".join(f" {word} {value}" for word, value in clauses if value)
        return self.line(text + f"  # {because}" * bool(because))

    def __getattr__(self, kind: str) -> _Add:
        from .kinds import KINDS

        if kind not in KINDS:
            raise AttributeError(f"{kind!r} is neither a layer nor an attribute of a block")

        def add(name: str, *arguments: Operand, **named: Any) -> Block:
            return self.call(name, kind, *arguments, **named)

        return add

    def to_dict(self) -> dict[str, Any]:
        """The block as files have it."""
        return {**self.numbers, LAYERS: list(self.texts)}

    def __str__(self) -> str:
        return "\n".join(self.texts)


def _text(value: Operand) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{Decimal(str(value)):f}" if isinstance(value, float) else str(value)
