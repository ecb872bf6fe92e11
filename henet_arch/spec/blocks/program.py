"""A spec's blocks, read and checked: what is built for any numbers of its keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from ...support.errors import SpecError
from .expressions import (
    Call,
    Constant,
    Expression,
    Name,
    Operation,
    lists_named,
    names,
    parts,
    read_expression,
)
from .steps import Step, read_step
from .text import NETWORK, Blocks, BlockText, Code, Line, Owner

STAGE_WORDS = ("C", "Cnext", "stage")
REPEAT_WORDS = ("number", "first")
WORDS = ("Cin", "stages", *STAGE_WORDS, *REPEAT_WORDS, "m", "n")
"""What expressions can name beside keys, arguments and a block's own numbers."""


@dataclass(frozen=True)
class OwnNumber:
    """A number that a block says beside its layers."""

    name: str
    expression: Expression
    line: Line


@dataclass(frozen=True, eq=False)
class Block:
    """A block's lines as steps."""

    name: str
    numbers: tuple[OwnNumber, ...]
    steps: tuple[Step, ...]

    @cached_property
    def size(self) -> int:
        """How many layers and blocks its lines name, and at least 1."""
        return max(1, sum(len(step.calls) for step in self.steps))

    @property
    def expressions(self) -> Iterator[tuple[Expression, Line]]:
        """All its expressions with their lines."""
        for number in self.numbers:
            yield number.expression, number.line
        for step in self.steps:
            for expression in step.expressions:
                yield expression, step.line


@dataclass(frozen=True, eq=False)
class Program:
    """The network and its blocks."""

    network: Block
    blocks: Mapping[str, Block]
    keys: frozenset[str]
    """The spec's own keys, and those of all specs that expressions can name."""
    text: tuple[Line, ...]
    """All its lines."""

    @property
    def all(self) -> Iterator[Block]:
        yield self.network
        yield from self.blocks.values()

    @cached_property
    def index(self) -> dict[tuple[Owner, int], int]:
        """Where each line is among all of its text, by what it is a line of and its number."""
        return {(line.owner, line.number): place for place, line in enumerate(self.text)}

    def key_of(self, word: str) -> str | None:
        """The key that a word stands for: that of its name, or of its plural."""
        return next((key for key in (word, f"{word}s") if key in self.keys), None)

    @cached_property
    def words(self) -> dict[str, str]:
        """The words by which expressions read keys for a part of the network."""
        names = {name for block in self.all for name in self.free(block)}
        named = {name: self.key_of(name) for name in names if name not in WORDS}
        return {name: key for name, key in named.items() if key is not None}

    @cached_property
    def reads(self) -> dict[Step, tuple[str, ...]]:
        """The words by which each line of the network reads keys, with all that it calls."""
        return {
            step: tuple(sorted(self.free_of_step(step) & self.words.keys()))
            for step in self.network.steps
        }

    @cached_property
    def read_keys(self) -> frozenset[str]:
        """All keys that any expression reads."""
        expressions = [each for block in self.all for each, _ in block.expressions]
        words = {name for each in expressions for name in names(each)}
        lists = {name for each in expressions for name, _ in lists_named(each)}
        sliced = {step.over.name for step in self.network.steps if step.over}
        return frozenset({key for word in words if (key := self.key_of(word))} | lists | sliced)

    @cached_property
    def words_compared(self) -> dict[str, frozenset[str]]:
        """The words with which lines compare a key, for those that are compared at all."""
        result: dict[str, set[str]] = {}
        for block in self.all:
            for expression, _ in block.expressions:
                for part in parts(expression):
                    if isinstance(part, Operation) and part.operator in ("==", "!="):
                        _note_word(self, part, result)
        return {key: frozenset(words) for key, words in result.items()}

    @cached_property
    def groups(self) -> bool:
        """Whether the rule for groups decides anything."""
        return any(
            isinstance(part, Name | Call)
            and (part.name if isinstance(part, Name) else part.function) in ("m", "n")
            for block in self.all
            for expression, _ in block.expressions
            for part in parts(expression)
        )

    @cached_property
    def _free(self) -> dict[str, frozenset[str]]:
        return {}

    def free(self, block: Block) -> frozenset[str]:
        """What a block's expressions name that its caller has to know."""
        if block.name not in self._free:
            result = {name for number in block.numbers for name in names(number.expression)}
            for step in block.steps:
                result |= self.free_of_step(step)
            own = {number.name for number in block.numbers}
            self._free[block.name] = frozenset(result - own)
        return self._free[block.name]

    def reads_number(self, block: Block, number: OwnNumber) -> bool:
        """Whether anything in a block reads a number of its own; `m` and `n` read `C`."""
        read = {name for step in block.steps for name in self.free_of_step(step)}
        later = block.numbers[block.numbers.index(number) + 1 :]
        read |= {name for other in later for name in names(other.expression)}
        return number.name in read or (number.name == "C" and bool(read & {"m", "n"}))

    @cached_property
    def _visible(self) -> dict[str, frozenset[str]]:
        return {}

    def visible(self, block: Block) -> frozenset[str]:
        """The lines of a block that its caller can name where it stands in the caller's scope."""
        if block.name not in self._visible:
            result = {name for step in block.steps for name in step.names}
            for step in block.steps:
                if not step.names and step.times is None and step.calls[0].kind in self.blocks:
                    result |= self.visible(self.blocks[step.calls[0].kind])
            self._visible[block.name] = frozenset(result)
        return self._visible[block.name]

    def free_of_step(self, step: Step) -> frozenset[str]:
        """What a line names, with what the block that it calls needs and is not given."""
        result = {name for expression in step.expressions for name in names(expression)}
        for call in step.calls:
            if call.kind in self.blocks:
                given = {name for name, _ in call.named} | ({"C"} if call.positional else set())
                result |= self.free(self.blocks[call.kind]) - given
        return frozenset(result - {*REPEAT_WORDS} if step.times else result)


def _note_word(program: Program, equation: Operation, words: dict[str, set[str]]) -> None:
    for name, constant in (equation.operands, equation.operands[::-1]):
        if isinstance(name, Name) and isinstance(constant, Constant):
            key = program.key_of(name.name)
            if key and isinstance(constant.value, str):
                words.setdefault(key, set()).add(constant.value)


def read_program(network: Code, blocks: Blocks, keys: frozenset[str]) -> Program:
    """The program of a network's text, which `check` has to look at.

    Raises:
        SpecError: a line is none.
    """
    read = {block.name: _block(block) for block in blocks}
    text = (*network, *(line for block in blocks for line in block.lines))
    program = Program(Block("", (), _steps(network)), read, keys, text)
    if not program.network.steps:
        raise SpecError(
            "network has no lines", key=NETWORK, fix="a line for each part: stem = stem"
        )
    return program


def _block(text: BlockText) -> Block:
    numbers = [
        OwnNumber(name, read_expression(code.lines[0]), code.lines[0])
        for name, code in text.numbers
    ]
    return Block(text.name, tuple(numbers), _steps(text.layers))


def _steps(code: Code) -> tuple[Step, ...]:
    steps = map(read_step, code.lines)
    return tuple(step for step in steps if step is not None)
