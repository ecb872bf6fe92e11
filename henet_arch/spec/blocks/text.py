"""The text of declared blocks, line by line, with the places in the file that it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from ...support.errors import SpecError

NETWORK = "network"
BLOCKS = "blocks"
LAYERS = "layers"
MOST_LINES = 400
"""Lines of one block."""
MOST_BLOCK_KINDS = 200
"""Blocks of one spec."""
LONGEST_LINE = 500
"""Characters of a line."""
MOST_OWN_NUMBERS = 100
"""Numbers that one block says beside its layers."""


class Spot(NamedTuple):
    """Where a line begins in a file: line and column, from 1 on."""

    file: str
    line: int
    column: int


class Owner(NamedTuple):
    """What lines are of: the network, a block, or a number of a block."""

    key: str
    """The key of the spec: `network` or `blocks`."""
    block: str = ""
    own: str = ""
    """The number's name."""

    def __str__(self) -> str:
        return ".".join(filter(None, self))

    @property
    def name(self) -> str:
        """Its last name."""
        return self.own or self.block or self.key


class Line(NamedTuple):
    """One line of a block."""

    text: str
    owner: Owner
    number: int
    """Which of its lines, from 1 on."""
    spot: Spot | None = None

    @property
    def source(self) -> str:
        """The file and line, or the block and its line."""
        if self.spot:
            return f"{self.spot.file}:{self.spot.line}"
        return f"{self.owner}, line {self.number}"

    def where(self, column: int) -> str:
        """The place of a column of the text, from 0 on, as errors name it."""
        if self.spot:
            at = self.spot.column + column
            return f"{self.spot.file}, line {self.spot.line}, column {at}"
        return f"{self.owner}, line {self.number}, column {column + 1}"


def error_at(line: Line, column: int, what: str, *, why: str = "", fix: str = "") -> SpecError:
    """What to raise of the text at a column of a line, from 0 on."""
    return SpecError(what, key=line.owner.key, where=line.where(column), why=why, fix=fix)


class Code:
    """Lines in order; equal where their text is, wherever it stands."""

    __slots__ = ("_texts", "lines")

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = tuple(lines)
        self._texts = tuple(line.text for line in self.lines)

    @classmethod
    def of(cls, value: Any, owner: Owner) -> Code:
        """Lines as a string of several, as a list of strings, as `Code`, or of a block.

        Raises:
            SpecError: it is none of these, or too long.
        """
        if isinstance(value, Code):
            return cls([line._replace(owner=owner) for line in value.lines])
        key = owner.key
        value = getattr(value, "texts", value)
        texts = value.splitlines() if isinstance(value, str) else value
        if not isinstance(texts, list | tuple) or not all(isinstance(t, str) for t in texts):
            raise SpecError(
                f"{owner} is not text", key=key, fix="lines such as conv1 = conv(C, kernel=3)"
            )
        if len(texts) > MOST_LINES:
            raise SpecError(f"{owner} is longer than the limit of {MOST_LINES} lines", key=key)
        lines = [Line(text.rstrip(), owner, n) for n, text in enumerate(texts, 1)]
        while lines and not lines[-1].text:
            lines.pop()
        for line in lines:
            _check_characters(line)
        return cls(lines)

    @property
    def texts(self) -> list[str]:
        return list(self._texts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Code) and self._texts == other._texts

    def __hash__(self) -> int:
        return hash(self._texts)

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)

    def __str__(self) -> str:
        return "\n".join(self._texts)

    def __repr__(self) -> str:
        return f"Code({self.texts!r})"


def _check_characters(line: Line) -> None:
    if len(line.text) > LONGEST_LINE:
        raise error_at(
            line,
            0,
            f"a line of {len(line.text):,} characters",
            why=f"the limit is {LONGEST_LINE:,}",
            fix="a number of the block, by a name, for a part of it",
        )
    for column, character in enumerate(line.text):
        if not character.isprintable() and character != "\t":
            raise error_at(line, column, f"{character!r} is no character of a line")
    if (column := line.text.find("'''")) >= 0:
        raise error_at(line, column, "''' cannot stand in a line")


class BlockText(NamedTuple):
    """The text of one block."""

    name: str
    numbers: tuple[tuple[str, Code], ...]
    """Its own numbers in their order, each of one line."""
    layers: Code

    @property
    def lines(self) -> Iterator[Line]:
        """All lines, those of the numbers first."""
        for _, code in self.numbers:
            yield from code
        yield from self.layers

    def to_dict(self) -> dict[str, Any]:
        """As files have it."""
        return {**{name: str(code) for name, code in self.numbers}, LAYERS: self.layers.texts}


class Blocks:
    """Blocks by name, in their order; equal where their text is."""

    __slots__ = ("items",)

    def __init__(self, items: Sequence[BlockText]) -> None:
        self.items = tuple(items)

    @classmethod
    def of(cls, value: Any) -> Blocks:
        """Blocks as a table of tables, as a list of blocks that know their names, or as `Blocks`.

        Raises:
            SpecError: it is none of these, a name is there twice, or there are too many.
        """
        if isinstance(value, Blocks):
            return value
        if isinstance(value, list | tuple):
            value = _named(value)
        if not isinstance(value, Mapping):
            raise SpecError("blocks is not a table of blocks", key=BLOCKS, fix="[blocks.NAME]")
        if len(value) > MOST_BLOCK_KINDS:
            raise SpecError(f"blocks has more than {MOST_BLOCK_KINDS} blocks", key=BLOCKS)
        return cls([_block(str(name), table) for name, table in value.items()])

    def to_dict(self) -> dict[str, Any]:
        """As files have them."""
        return {block.name: block.to_dict() for block in self.items}

    def __iter__(self) -> Iterator[BlockText]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Blocks) and self.items == other.items

    def __hash__(self) -> int:
        return hash(self.items)

    def __repr__(self) -> str:
        return f"Blocks({self.to_dict()!r})"


def _named(blocks: Sequence[Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for block in blocks:
        if not isinstance(name := getattr(block, "name", None), str):
            raise SpecError(f"{block!r:.99} is no block", key=BLOCKS, fix="ha.Block('unit')")
        if name in result:
            raise SpecError(f"two blocks are named {name!r}", key=BLOCKS)
        result[name] = block.to_dict()
    return result


def _block(name: str, table: Any) -> BlockText:
    owner = Owner(BLOCKS, name)
    if not isinstance(table, Mapping) or LAYERS not in table:
        raise SpecError(f"{owner} has no layers", key=BLOCKS, fix=f"layers = ... in [{owner}]")
    if len(table) > MOST_OWN_NUMBERS:
        raise SpecError(f"{owner} has more than {MOST_OWN_NUMBERS} numbers", key=BLOCKS)
    numbers = [
        (str(k), _number(v, owner._replace(own=str(k)))) for k, v in table.items() if k != LAYERS
    ]
    return BlockText(name, tuple(numbers), Code.of(table[LAYERS], owner))


def _number(value: Any, owner: Owner) -> Code:
    """One line of an expression; a plain number or truth is one too."""
    if isinstance(value, bool):
        value = str(value).lower()
    elif isinstance(value, int | float):
        try:
            value = f"{Decimal(repr(value)):f}"
        except ValueError:  # Python writes no integers of thousands of digits
            raise SpecError(f"{owner} is a number of thousands of digits", key=BLOCKS) from None
    if isinstance(value, str) and not value.strip():
        raise SpecError(f"{owner} is empty", key=BLOCKS, fix='an expression such as "C / 2"')
    code = Code.of(value, owner)
    if len(code.lines) != 1:
        raise SpecError(f"{owner} is not one expression", key=BLOCKS, fix='such as "C / 2"')
    return code
