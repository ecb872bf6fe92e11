"""What no numbers can mend: unknown names, wrong arguments, blocks in circles."""

from __future__ import annotations

from keyword import iskeyword

from ...support.errors import SpecError, nearest
from .evaluate import FUNCTIONS, GROUPS
from .expressions import LENGTH, Before, Call, Expression, Name, layers_named, lists_named, parts
from .expressions import WORDS as RESERVED
from .frame import INPUT
from .kinds import KINDS, Kind
from .program import WORDS, Block, Program
from .steps import JOINS, Called, Step
from .text import BLOCKS, Blocks, BlockText, Line, error_at

DEEPEST_BLOCKS = 12
"""Blocks in blocks."""


def check(program: Program, blocks: Blocks) -> None:
    """Refuse a program that can be built for no numbers.

    Raises:
        SpecError: a line of it is at fault.
    """
    for text in blocks:
        _check_name(text)
    _check_circles(program)
    names = _numbers(program)
    for block in program.all:
        _check_steps(program, block)
        _check_expressions(program, block, names)
    for block in program.all:
        _check_own_numbers(program, block)


def _check_name(text: BlockText) -> None:
    name = text.name
    usable = name.isascii() and name.isidentifier() and not iskeyword(name) and len(name) <= 40
    if not usable or name in RESERVED or name in KINDS:
        why = "a layer is called so" if name in KINDS else ""
        what, fix = f"no block can be named {name[:50]!r}", "such as my_unit"
        if first := next(text.lines, None):
            raise error_at(first, 0, what, why=why, fix=fix)
        raise SpecError(what, key=BLOCKS, why=why, fix=fix)


def _numbers(program: Program) -> set[str]:
    """All names of numbers, wherever they have a value."""
    own = {number.name for block in program.all for number in block.numbers}
    for block in program.all:
        for number in block.numbers:
            if not number.name.isidentifier() or number.name in RESERVED | {INPUT}:
                raise error_at(number.line, 0, f"no number can be named {number.name[:50]!r}")
    given = {n for b in program.all for s in b.steps for c in s.calls for n, _ in c.named}
    plurals = {key.removesuffix("s") for key in program.keys - {"classes"}}
    return own | given | plurals | {*WORDS, *program.keys}


def _check_steps(program: Program, block: Block) -> None:
    """Look at the lines of a block in their order, with the layers that each can read."""
    known = {INPUT}
    final: set[str] = set()
    everywhere = {name for step in block.steps for name in step.names}
    everywhere |= {name for step in block.steps for name in _put_here(program, step)}
    for step in block.steps:
        _check_step(program, block, step)
        for value in step.layers_named:
            _check_value(step, value, known, everywhere)
        for name in step.names:
            if name in final:
                fix = "`when` on one of them at least"
                raise error_at(step.line, 0, f"two lines are named {name!r}", fix=fix)
        is_one = step.when is None and step.times is None and step.over is None
        final |= {*step.names} if is_one else set()
        known |= {*step.names, *_put_here(program, step)}


def _check_own_numbers(program: Program, block: Block) -> None:
    """Refuse numbers that have no effect."""
    for number in block.numbers:
        if not program.reads_number(block, number):
            raise error_at(
                number.line,
                0,
                f"no line of the block {block.name} reads its number {number.name!r}",
                fix="the number left out, or its name in an expression",
            )


def _put_here(program: Program, step: Step) -> frozenset[str]:
    """The names of the lines that a block without a name puts into its caller's scope."""
    block = program.blocks.get(step.calls[0].kind)
    is_put = block is not None and not step.names and step.times is None
    return program.visible(block) if block and is_put else frozenset()


def _check_step(program: Program, block: Block, step: Step) -> None:
    line, first = step.line, step.calls[0]
    for call in step.calls:
        if call.kind in program.blocks:
            _check_block_call(step, call)
        elif call.kind in KINDS:
            _check_arguments(step, call, KINDS[call.kind])
        else:
            raise error_at(
                line,
                call.column,
                f"unknown layer or block {call.kind!r}",
                fix=nearest(call.kind, [*KINDS, *program.blocks]),
            )
    is_block = first.kind in program.blocks
    if not step.names and not is_block:
        raise error_at(line, first.column, "a layer without a name", fix=f"{first.kind}1 = ...")
    repeats = step.times or (step.over and step.over.start) or step.over
    if repeats is not None and not is_block:
        raise error_at(line, first.column, f"{first.kind} is no block, and only blocks repeat")
    if step.times is not None and step.over is not None:
        raise error_at(line, step.over.column, "times and for on one line", fix="one of the two")
    if step.over is None:
        return
    if block is not program.network:
        raise error_at(line, step.over.column, "for stands in network alone", fix="times NUMBER")
    if not step.names:
        raise error_at(line, first.column, "stages without a name", fix=f"stage = {first.kind} ...")
    _check_key(program, step.over.name, line, step.over.column)


def _check_block_call(step: Step, call: Called) -> None:
    if len(step.calls) > 1:
        raise error_at(
            step.line, call.column, f"the block {call.kind} stands among others", fix="its own line"
        )
    if len(call.positional) > 1:
        raise error_at(
            step.line,
            call.positional[1].column,
            "a block takes one argument without a name, its C",
            fix="stride = 2",
        )


def _check_arguments(step: Step, call: Called, kind: Kind) -> None:
    if call.kind in JOINS:
        if call.named or len(call.positional) < 2:
            raise error_at(
                step.line,
                call.column,
                f"{call.kind} joins two lines or more",
                fix=f"{call.kind}(conv1, in)",
            )
        if step.of is not None or call is not step.calls[0]:
            raise error_at(step.line, call.column, f"{call.kind} names all lines that it reads")
        return
    names = list(kind.parameters)
    if len(call.positional) > min(kind.positional, len(names)):
        column = call.positional[min(kind.positional, len(names))].column
        takes = f"takes {', '.join(names)}" if names else "takes no arguments"
        raise error_at(step.line, column, f"{call.kind} {takes}", fix="by their names")
    given = {*names[: len(call.positional)]}
    for name, value in call.named:
        if name not in kind.parameters:
            raise error_at(
                step.line,
                value.column,
                f"{call.kind} has no argument {name!r}",
                fix=nearest(name, names),
            )
        if name in given:
            raise error_at(step.line, value.column, f"{name} is there twice")
        given.add(name)
    if missing := [name for name in kind.required if name not in given]:
        raise error_at(step.line, call.column, f"{call.kind} needs its {missing[0]}")


def _check_value(step: Step, value: Expression, known: set[str], everywhere: set[str]) -> None:
    if isinstance(value, Before):
        if value.name not in everywhere:
            raise error_at(
                step.line,
                value.column,
                f"no line of this block is named {value.name!r}",
                fix=nearest(value.name, everywhere),
            )
    elif not isinstance(value, Name):
        raise error_at(step.line, value.column, "the name of a line is missing")
    elif value.name not in known:
        raise error_at(
            step.line,
            value.column,
            f"no line before this one is named {value.name!r}",
            fix=nearest(value.name, known),
        )


def _check_expressions(program: Program, block: Block, names: set[str]) -> None:
    for number in block.numbers:
        for value in layers_named(number.expression):
            if not isinstance(value, Name) or value.name != INPUT:
                raise error_at(
                    number.line,
                    value.column,
                    "a number of a block knows its input alone",
                    fix=INPUT,
                )
    for expression, line in block.expressions:
        for key, column in lists_named(expression):
            _check_key(program, key, line, column)
        for part in parts(expression):
            _check_part(part, names, line)


def _check_part(part: Expression, names: set[str], line: Line) -> None:
    if isinstance(part, Name) and part.name not in names:
        raise error_at(
            line, part.column, f"unknown number {part.name!r}", fix=nearest(part.name, names)
        )
    if isinstance(part, Before):
        raise error_at(line, part.column, "a line of the block before is no number")
    if isinstance(part, Call):
        _check_call(part, line)


def _check_call(call: Call, line: Line) -> None:
    function = FUNCTIONS.get(call.function)
    if function is None and call.function not in (*GROUPS, LENGTH):
        raise error_at(
            line,
            call.column,
            f"unknown function {call.function!r}",
            fix=nearest(call.function, [*FUNCTIONS, *GROUPS, LENGTH]),
        )
    fewest, most = (function.fewest, function.most) if function else (1, 1)
    if not fewest <= len(call.arguments) <= most:
        wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
        raise error_at(
            line, call.column, f"{call.function} takes {wanted} values, not {len(call.arguments)}"
        )


def _check_key(program: Program, name: str, line: Line, column: int) -> None:
    if name not in program.keys:
        raise error_at(
            line, column, f"{name!r} is no key of the spec", fix=nearest(name, program.keys)
        )


def _check_circles(program: Program) -> None:
    """Refuse blocks that call themselves, by others too, or lie too deep."""
    heights: dict[str, int] = {}

    def height(block: Block, path: tuple[str, ...]) -> int:
        if block.name in heights:
            return heights[block.name]
        result = 1
        for step in block.steps:
            for call in step.calls:
                if call.kind in path:
                    chain = " > ".join((*path[path.index(call.kind) :], call.kind))
                    raise error_at(
                        step.line, call.column, f"the block {call.kind} has itself inside: {chain}"
                    )
                if call.kind in program.blocks:
                    if len(path) >= DEEPEST_BLOCKS:
                        raise _too_deep(step, call)
                    inner = program.blocks[call.kind]
                    below = height(inner, (*path, call.kind)) + 1
                    if below + len(path) > DEEPEST_BLOCKS + 1:
                        raise _too_deep(step, call)
                    result = max(result, below)
        heights[block.name] = result
        return result

    height(program.network, ())
    for block in program.blocks.values():
        height(block, (block.name,))


def _too_deep(step: Step, call: Called) -> SpecError:
    return error_at(
        step.line, call.column, f"blocks lie more than {DEEPEST_BLOCKS} deep in one another"
    )
