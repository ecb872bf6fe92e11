"""A program's layers, for the numbers of a spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ...ir.graph import SOURCE, Decision
from ...support.errors import HenetArchError, LayerError, LimitError, RuleError
from .evaluate import Evaluate, Find, as_truth, column_of, compiled, layer, values_of
from .expressions import Constant, Expression
from .frame import INPUT, Frame
from .kinds import KINDS, Kind, Site, count, size, whole
from .places import Part, entries, parts_of
from .program import Block, OwnNumber, Program
from .steps import Called, Step, decisions
from .text import Line
from .values import Value, exact, shown

if TYPE_CHECKING:
    from ...ir.graph import Node
    from ..build import NetworkBuilder, Reasons
    from .spec_class import BlocksSpec

LAYERS_A_BLOCK = 16
"""Layers for each block that a network may have."""
LEAST_BLOCKS = 1000
"""Blocks that there may be layers for, even where fewer may be repeated."""

LineReasons: TypeAlias = "dict[Step, tuple[Reasons, Reasons]]"
Run: TypeAlias = Callable[..., "Node"]
"""Runs a line in a frame after a layer, and gives the layer that the next line reads."""


def expand(net: NetworkBuilder, spec: BlocksSpec) -> None:
    """Add the layers that a spec declares.

    Raises:
        RuleError, ShapeError: its numbers do not go together.
        LimitError: they make too many blocks or layers.
    """
    Builder(net, spec).network(spec)


class Builder:
    """Runs the lines of blocks, and counts what they make."""

    def __init__(self, net: NetworkBuilder, spec: BlocksSpec) -> None:
        self.net = net
        self.program: Program = type(spec).program
        self.keys = {key: exact(getattr(spec, key)) for key in self.program.keys}
        self.lines = spec.lines
        self.reasons = spec.reasons
        self.site = Site(net)
        self._blocks = 0
        self._blocks_of: dict[str, int] = {}
        self._calls = 0

    def network(self, spec: BlocksSpec) -> None:
        """All parts, one after the other."""
        frame = Frame(self.net, self.keys, {}, {INPUT: self.net.image(spec.input)})
        parts = parts_of(self.program, self.keys)
        stages = sum(part.stage > 0 for part in parts)
        last = frame.layers[INPUT]
        for part, numbers in zip(parts, entries(self.program, self.keys, parts), strict=True):
            frame.numbers = {**numbers, "Cin": last.channels, "stages": stages, **_of(part)}
            run = _run_of(self.program, part.step)
            last = run(self, frame, last, part.name) if part.stage else run(self, frame, last)
            self._check_lists(part, frame.numbers)

    def block(self, block: Block, frame: Frame, x: Node) -> Node:
        """The lines of a block, in a frame of its own."""
        self._count_calls(block.size)
        frame.layers = {INPUT: x}
        frame.numbers["Cin"] = x.channels
        for number, evaluate in _numbers_of(block):
            try:
                frame.numbers[number.name] = evaluate(frame)
            except HenetArchError as error:
                self.place(error, number.line, column_of(number.expression, frame))
                raise
            if frame.reasons:
                frame.decided = {**frame.decided, number.name: frame.take_reasons()}
        last = x
        for run in _runs_of(self.program, block):
            last = run(self, frame, last)
        return last

    def note_list(self, word: str, blocks: int) -> None:
        """Remember for how many blocks of a part a list has had values."""
        self._blocks_of[word] = max(blocks, self._blocks_of.get(word, 1))

    def _check_lists(self, part: Part, numbers: Mapping[str, Value]) -> None:
        """Refuse lists with values that no block of a part has had.

        Raises:
            RuleError: there is one.
        """
        for word, blocks in self._blocks_of.items():
            if isinstance(values := numbers.get(word), tuple) and len(values) > blocks:
                many = f"values for {len(values)} blocks, not for {blocks}"
                error = RuleError(
                    f"{word} = {shown(values)} has {many}",
                    where=part.name,
                    fix=f"a list of at most {blocks}",
                )
                self.place(error, part.step.line)
                raise error
        self._blocks_of.clear()

    def count_blocks(self, more: int) -> None:
        """Refuse more blocks than the network may have.

        Raises:
            LimitError: there are too many.
        """
        self._blocks += more
        if self._blocks > self.net.max_blocks:
            raise LimitError(
                f"the blocks add up to {self._blocks:,} or more",
                why=f"the limit is {self.net.max_blocks:,} (max_blocks)",
                fix="fewer repeats, or a larger --max-blocks (max_blocks in Python)",
            )

    def _count_calls(self, more: int) -> None:
        """Refuse more layers than the network may have.

        Raises:
            LimitError: there are too many.
        """
        self._calls += more
        most = LAYERS_A_BLOCK * max(self.net.max_blocks, LEAST_BLOCKS)
        if self._calls > most:
            raise LimitError(
                f"more than {most:,} layers",
                why=f"the limit is {LAYERS_A_BLOCK} for each block that a network may have",
                fix="fewer repeats, or fewer blocks in one another",
            )

    def place(self, error: HenetArchError, line: Line, column: int | None = None) -> None:
        """Say in an error the line that it comes from, if it says none yet."""
        if hasattr(error, "line"):
            return
        own = self.lines[self.program.index[line.owner, line.number]]
        if column is None:
            column = len(line.text) - len(line.text.lstrip())
        where = error.where or self.net.path
        if isinstance(error, LayerError):
            error.fix = error.fix or "another value in this line"
            where = ", ".join(filter(None, (self.net.path, error.where)))
        error.where = own.where(column) + (f": {where}" if where else "")
        error.line = own  # type: ignore[attr-defined]


def _of(part: Part) -> dict[str, Value]:
    """What a stage knows of itself."""
    known = {"stage": part.stage or None, "C": part.width, "Cnext": part.following}
    return {name: value for name, value in known.items() if value is not None}


@lru_cache(maxsize=64)
def reasons_of(program: Program, lines: tuple[Line, ...]) -> LineReasons:
    """For the first layer of each line, and for all others: why they are there."""
    result: LineReasons = {}
    for block in program.all:
        for step in block.steps:
            line = lines[program.index[step.line.owner, step.line.number]]
            text = " ".join(line.text.partition("#")[0].split())
            source = Decision(SOURCE, text, line.source)
            result[step] = ((*decisions(step.reason, line), source), (source,))
    return result


@lru_cache(maxsize=512)
def _runs_of(program: Program, block: Block) -> tuple[Run, ...]:
    return tuple(_run_of(program, step) for step in block.steps)


@lru_cache(maxsize=512)
def _numbers_of(block: Block) -> tuple[tuple[OwnNumber, Evaluate], ...]:
    return tuple((number, compiled(number.expression)) for number in block.numbers)


@lru_cache(maxsize=4096)
def _run_of(program: Program, step: Step) -> Run:
    if step.calls[0].kind in program.blocks:
        return _BlockCall(program, step)
    return _layers_run(step)


class _Argument(NamedTuple):
    """An argument of a layer that depends on numbers."""

    name: str
    expression: Expression
    evaluate: Evaluate
    check: Callable[[Value], Value]
    any_int: bool
    """Whether every whole number of 1 or more holds."""


class _Layer(NamedTuple):
    """One layer of a line, ready to be added."""

    name: str
    kind: Kind
    constants: Mapping[str, Any]
    arguments: tuple[_Argument, ...]
    joined: tuple[Find, ...]
    normed: bool
    column: int


def _layers_run(step: Step) -> Run:
    names = step.names
    items = tuple(_layer(step, index, call) for index, call in enumerate(step.calls))
    when = as_truth(step.when) if step.when is not None else None
    source = layer(step.of) if step.of is not None else None
    first = items[0].joined[0] if items[0].joined else source
    line, condition = step.line, step.when

    def run(builder: Builder, frame: Frame, last: Node) -> Node:
        column = None
        try:
            x = first(frame) if first else last
            if when is not None and not when(frame):
                frame.reasons.clear()
                for name in names:
                    frame.layers[name] = x
                return x
            frame.reasons.clear()
            because, rest = builder.reasons[step]
            for item in items:
                column = item.column
                x = frame.layers[item.name] = _added(builder.site, frame, item, x, because)
                because = rest
        except HenetArchError as error:
            if column is None and condition is not None:
                column = column_of(condition, frame)
            builder.place(error, line, getattr(error, "column", column))
            raise
        return x

    return run


def _layer(step: Step, index: int, call: Called) -> _Layer:
    kind = KINDS[call.kind]
    positional = () if call.joined else call.positional
    given = [*zip(kind.parameters, positional, strict=False), *call.named]
    constants: dict[str, Any] = {}
    arguments: list[_Argument] = []
    for name, expression in given:
        check = kind.parameters[name]
        if isinstance(expression, Constant) and (value := _constant(check, expression)) is not None:
            constants[name] = value
        else:
            evaluate = compiled(expression)
            arguments.append(_Argument(name, expression, evaluate, check, check in (size, whole)))
    return _Layer(
        step.names[index],
        kind,
        constants,
        tuple(arguments),
        tuple(map(layer, call.joined)),
        any(other.kind == "norm" for other in step.calls[index + 1 : index + 2]),
        call.column,
    )


def _constant(check: Callable[[Value], Value], expression: Constant) -> Value:
    """The value that an argument always has; None where it is refused, as the line will say."""
    with suppress(HenetArchError):
        return check(expression.value)
    return None


_SMALL = 10**9


def _added(site: Site, frame: Frame, item: _Layer, x: Node, because: Reasons) -> Node:
    given = item.constants
    if item.arguments:
        given = {**given}
        for argument in item.arguments:
            given[argument.name] = _value(argument, frame)
    if frame.reasons:
        because = (*frame.take_reasons(), *because)
    site.name, site.because, site.normed = item.name + frame.suffix, because, item.normed
    read = [find(frame) for find in item.joined] if item.joined else x
    return item.kind.build(site, read, given)


def _value(argument: _Argument, frame: Frame) -> Value:
    try:
        value = argument.evaluate(frame)
        if argument.any_int and type(value) is int and 1 <= value < _SMALL:
            return value
        return argument.check(value)
    except HenetArchError as error:
        error.what = f"{argument.name}: {error.what}"
        error.why = error.why or values_of(argument.expression, frame)
        error.column = column_of(argument.expression, frame)  # type: ignore[attr-defined]
        raise


class _BlockCall:
    """A line with a block, ready to be run."""

    def __init__(self, program: Program, step: Step) -> None:
        (call,) = step.calls
        given = [*(("C", each) for each in call.positional), *call.named]
        self.step, self.column = step, call.column
        self.block = program.blocks[call.kind]
        self.arguments = tuple((name, compiled(expression)) for name, expression in given)
        self.name = step.names[0] if step.names else ""
        self.source = layer(step.of) if step.of is not None else None
        self.when = as_truth(step.when) if step.when is not None else None
        self.times = compiled(step.times) if step.times is not None else None
        self.words = tuple(program.words.keys() & program.free_of_step(step))
        is_put = not self.name and step.times is None
        self.visible = program.visible(self.block) if is_put else ()

    def __call__(self, builder: Builder, frame: Frame, last: Node, scope: str = "") -> Node:
        x = self.source(frame) if self.source else last
        try:
            if self.when is None or self.when(frame):
                x = self.run(builder, frame, x, scope)
            else:
                frame.layers.update(dict.fromkeys(self.visible, x))
        except HenetArchError as error:
            builder.place(error, self.step.line, self.column)
            raise
        if self.name:
            frame.layers[self.name] = x
        return x

    def run(self, builder: Builder, frame: Frame, x: Node, scope: str) -> Node:
        """The block, once or as often as the line says."""
        if self.times is not None:
            return self.often(builder, frame, x, count(self.times(frame)))
        return self.once(builder, frame, x, scope)

    def once(self, builder: Builder, frame: Frame, x: Node, scope: str) -> Node:
        """The block, in a scope of its own where the line has a name."""
        builder.count_blocks(1)
        inner = self.frame(frame)
        if self.name:
            with builder.net.scope(scope or self.name + frame.suffix):
                return builder.block(self.block, inner, x)
        inner.suffix = frame.suffix
        last = builder.block(self.block, inner, x)
        del inner.layers[INPUT]
        frame.layers.update(inner.layers)
        return last

    def often(self, builder: Builder, frame: Frame, x: Node, repeats: int) -> Node:
        """The block so often, each reading the one before it."""
        builder.count_blocks(repeats)
        before: Mapping[str, Node] | None = None
        start = frame.numbering.get(self.name, 0)
        frame.numbering[self.name] = start + repeats
        outer = frame.numbers
        listed = [word for word in self.words if isinstance(outer.get(word), tuple)]
        for word in listed:
            builder.note_list(word, repeats)
        for number in range(1, repeats + 1):
            frame.numbers = {**outer, "number": number, "first": number == 1}
            for word in listed:
                frame.numbers[word] = _entry(word, outer[word], number)
            inner = self.frame(frame)
            inner.before = before
            suffix = f"{frame.suffix}{start + number}"
            if self.name:
                with builder.net.scope(self.name + suffix):
                    x = builder.block(self.block, inner, x)
            else:
                inner.suffix = suffix
                x = builder.block(self.block, inner, x)
            before = inner.layers
        frame.numbers = outer
        return x

    def frame(self, outer: Frame) -> Frame:
        """What the block knows: all that its caller does, but for what the line says."""
        numbers = dict(outer.numbers)
        for name, value in self.arguments:
            numbers[name] = value(outer)
        return Frame(outer.net, outer.keys, numbers, {}, decided=outer.decided)


def _entry(word: str, values: tuple[Value, ...], number: int) -> Value:
    """The value for a block; the last one holds for all further blocks."""
    if not values:
        raise RuleError(f"{word} has no value for block {number}", fix="a list with one or more")
    return values[min(number, len(values)) - 1]
