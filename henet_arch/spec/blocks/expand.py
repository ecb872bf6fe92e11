"""A program's layers, for the numbers of a spec."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ...ir.graph import SOURCE, Decision
from ...support.errors import HenetArchError, LimitError, RuleError
from .evaluate import Evaluate, Find, as_truth, compiled, layer, values_of
from .expressions import Expression
from .frame import INPUT, Frame
from .kinds import KINDS, Kind, Site, count, size, whole
from .places import Part, entries, parts_of
from .program import Block, Program
from .steps import JOINS, Called, Step
from .text import Line
from .values import Value, exact

if TYPE_CHECKING:
    from ...ir.graph import Node
    from ..build import NetworkBuilder, Reasons
    from .spec_class import BlocksSpec

LAYERS_A_BLOCK = 16
"""Layers for each block that a network may have."""

Lines: TypeAlias = Mapping[tuple[str, int], Line]
Run: TypeAlias = Callable[["Builder", Frame, "Node"], "Node"]


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
        self.lines = {(line.owner, line.number): line for line in spec.lines()}
        self._blocks = 0
        self._nodes = 0

    def network(self, spec: BlocksSpec) -> None:
        """All parts, one after the other."""
        frame = Frame(self.net, self.keys, {}, {INPUT: self.net.image(spec.input)})
        parts = parts_of(self.program, self.keys)
        stages = sum(part.stage > 0 for part in parts)
        last = frame.layers[INPUT]
        for part, numbers in zip(parts, entries(self.program, self.keys, parts), strict=True):
            frame.numbers = {**numbers, "Cin": last.channels, "stages": stages, **_of(part)}
            run = _run_of(self.program, part.step)
            last = run(self, frame, last, part) if part.stage else run(self, frame, last)

    def block(self, block: Block, frame: Frame, x: Node) -> Node:
        """The lines of a block, in a frame of its own."""
        frame.layers = {INPUT: x}
        frame.numbers["Cin"] = x.channels
        for name, evaluate, line in _numbers_of(self.program, block):
            with self.placed(line):
                frame.numbers[name] = evaluate(frame)
        frame.reasons.clear()
        last = x
        for run in _runs_of(self.program, block):
            last = run(self, frame, last)
        return last

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

    def check_size(self) -> None:
        """Refuse more layers than the network may have.

        Raises:
            LimitError: there are too many.
        """
        self._nodes += 1
        most = LAYERS_A_BLOCK * max(self.net.max_blocks, LAYERS_A_BLOCK)
        if max(len(self.net.graph), self._nodes) > most:
            raise LimitError(
                f"more than {most:,} layers",
                why=f"the limit is {LAYERS_A_BLOCK} for each block that a network may have",
                fix="fewer repeats, or fewer blocks in one another",
            )

    @contextmanager
    def placed(self, line: Line) -> Iterator[None]:
        """Errors within say the line."""
        try:
            yield
        except HenetArchError as error:
            self.place(error, line)
            raise

    def place(self, error: HenetArchError, line: Line) -> None:
        """Say in an error the line that it comes from, if it says none yet."""
        if not hasattr(error, "line"):
            own = self.lines[line.owner, line.number]
            column = getattr(error, "column", len(line.text) - len(line.text.lstrip()))
            where = error.where or self.net.path
            error.where = own.where(column) + (f": {where}" if where else "")
            error.line = own  # type: ignore[attr-defined]


def _of(part: Part) -> dict[str, Value]:
    """What a stage knows of itself."""
    known = {"stage": part.stage or None, "C": part.width, "Cnext": part.following}
    return {name: value for name, value in known.items() if value is not None}


@lru_cache(maxsize=4096)
def _reasons_of(reason: str, line: Line) -> tuple[Reasons, Reasons]:
    """For the first layer of a line and for all others: why they are there."""
    text = line.text.partition("#")[0].strip()
    source = Decision(SOURCE, " ".join(text.split()), line.source)
    return (*Step((), (), None, None, None, None, reason, line).decisions(), source), (source,)


@lru_cache(maxsize=512)
def _runs_of(program: Program, block: Block) -> tuple[Run, ...]:
    return tuple(_run_of(program, step) for step in block.steps)


@lru_cache(maxsize=512)
def _numbers_of(program: Program, block: Block) -> tuple[tuple[str, Evaluate, Line], ...]:
    return tuple((n.name, compiled(n.expression), n.line) for n in block.numbers)


@lru_cache(maxsize=4096)
def _run_of(program: Program, step: Step) -> Any:
    if step.calls[0].kind in program.blocks:
        return _block_run(program, step)
    return _layers_run(step)


class _Layer(NamedTuple):
    """One layer of a line, ready to be added."""

    name: str
    kind: Kind
    arguments: tuple[_Argument, ...]
    joined: tuple[Find, ...]
    normed: bool


class _Argument(NamedTuple):
    """One of its arguments."""

    name: str
    evaluate: Evaluate
    check: Callable[[Value], Value]
    any_int: bool
    """Whether every whole number of 1 or more holds."""
    expression: Expression


def _layers_run(step: Step) -> Run:
    names = step.names
    items = tuple(_layer(step, index, call) for index, call in enumerate(step.calls))
    when = as_truth(step.when) if step.when is not None else None
    source = layer(step.of) if step.of is not None else None
    first = items[0].joined[0] if items[0].joined else source
    line, key = step.line, (step.line.owner, step.line.number)

    def run(builder: Builder, frame: Frame, last: Node) -> Node:
        try:
            x = first(frame) if first else last
            if when is not None and not when(frame):
                frame.reasons.clear()
                frame.layers.update(dict.fromkeys(names, x))
                return x
            frame.reasons.clear()
            because, rest = _reasons_of(step.reason, builder.lines[key])
            for item in items:
                builder.check_size()
                x = _added(frame, item, x, because)
                frame.layers[item.name] = x
                because = rest
        except HenetArchError as error:
            builder.place(error, line)
            raise
        return x

    return run


def _layer(step: Step, index: int, call: Called) -> _Layer:
    kind = KINDS[call.kind]
    following = step.calls[index + 1 : index + 2]
    given = (
        ()
        if call.kind in JOINS
        else [*zip(kind.parameters, call.positional, strict=False), *call.named]
    )
    return _Layer(
        step.names[index],
        kind,
        tuple(_argument(kind, name, expression) for name, expression in given),
        tuple(map(layer, call.joined)),
        any(other.kind == "norm" for other in following),
    )


def _argument(kind: Kind, name: str, expression: Expression) -> _Argument:
    check = kind.parameters[name]
    return _Argument(name, compiled(expression), check, check in (size, whole), expression)


_SMALL = 10**9


def _added(frame: Frame, item: _Layer, x: Node, because: Reasons) -> Node:
    given: dict[str, Any] = {}
    for argument in item.arguments:
        value = argument.evaluate(frame)
        if not (argument.any_int and type(value) is int and 1 <= value < _SMALL):
            value = _checked(argument, value, frame)
        given[argument.name] = value
    if frame.reasons:
        because = (*frame.take_reasons(), *because)
    site = Site(frame.net, item.name + frame.suffix, because, item.normed)
    read = [find(frame) for find in item.joined] if item.joined else x
    return item.kind.build(site, read, given)


def _checked(argument: _Argument, value: Value, frame: Frame) -> Value:
    try:
        return argument.check(value)
    except HenetArchError as error:
        error.what = f"{argument.name}: {error.what}"
        error.why = error.why or values_of(argument.expression, frame)
        error.column = argument.expression.column  # type: ignore[attr-defined]
        raise


def _block_run(program: Program, step: Step) -> Any:
    call = step.calls[0]
    block = program.blocks[call.kind]
    given = [*(("C", each) for each in call.positional), *call.named]
    arguments = tuple((name, compiled(expression)) for name, expression in given)
    name = step.names[0] if step.names else ""
    source = layer(step.of) if step.of is not None else None
    when = as_truth(step.when) if step.when is not None else None
    times = compiled(step.times) if step.times is not None else None
    words = tuple(program.words)

    def run(builder: Builder, frame: Frame, last: Node, part: Part | None = None) -> Node:
        x = source(frame) if source else last
        with builder.placed(step.line):
            if when is None or when(frame):
                repeats = count(times(frame)) if times else None
                builder.count_blocks(1 if repeats is None else repeats)
                x = called(builder, frame, x, repeats, part)
        if name:
            frame.layers[name] = x
        return x

    def called(
        builder: Builder, frame: Frame, x: Node, repeats: int | None, part: Part | None
    ) -> Node:
        if repeats is None:
            numbers = {**frame.numbers, **{n: value(frame) for n, value in arguments}}
            own = part.name if part else name and name + frame.suffix
            inner = Frame(builder.net, frame.keys, numbers, {}, suffix="" if name else frame.suffix)
            last = placed(builder, own, inner, x)
            if not name:
                del inner.layers[INPUT]
                frame.layers.update(inner.layers)
            return last
        before: Mapping[str, Node] | None = None
        start = frame.numbering.get(name, 0)
        frame.numbering[name] = start + repeats
        outer = frame.numbers
        for number in range(1, repeats + 1):
            frame.numbers = {**outer, "number": number, "first": number == 1}
            for word in words:
                if isinstance(value := outer.get(word), tuple):
                    frame.numbers[word] = _entry(word, value, number)
            numbers = {**frame.numbers, **{n: value(frame) for n, value in arguments}}
            suffix = frame.suffix + str(start + number)
            inner = Frame(builder.net, frame.keys, numbers, {}, before, "" if name else suffix)
            x = placed(builder, name and name + suffix, inner, x)
            before = inner.layers
        frame.numbers = outer
        return x

    def placed(builder: Builder, own: str, inner: Frame, x: Node) -> Node:
        if not own:
            return builder.block(block, inner, x)
        with builder.net.scope(own):
            return builder.block(block, inner, x)

    return run


def _entry(word: str, values: tuple[Value, ...], number: int) -> Value:
    """The value for a block; the last one holds for all further blocks."""
    if not values:
        raise RuleError(f"{word} has no value for block {number}", fix="a list with one or more")
    return values[min(number, len(values)) - 1]
