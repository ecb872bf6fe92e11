"""Writes a block's `forward`: one statement for each weighted layer, in the graph's order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from itertools import chain, count, repeat

from ..ir.layer import Layer
from ..ir.repeats import Block, Step, Value

Written = Callable[[Step, Sequence[str]], str | None]
"""The expression of a step from the names of its inputs; None where it calls a module."""
Around = Callable[[Layer, str], str]
"""The input of a layer with what goes around it; the same where nothing does."""


@dataclass
class _Pending:
    """An expression that has no name so far."""

    value: Value
    text: str
    reads: Sequence[Value]
    is_module: bool


def forward(
    block: Block,
    written: Written,
    around: Around,
    counted: Container[str] = (),
) -> tuple[list[str], list[str]]:
    """The names of the inputs, and the statements of the body one by one.

    Modules in `counted` will be looked up by their names, which takes more room.
    """
    writer = _Writer(block, written, around, counted)
    for index, step in enumerate(block.steps):
        writer.add(index, step)
    writer.finish()
    return writer.inputs, writer.lines


def attribute(path: Sequence[str]) -> str:
    """How a step is called on `self`."""
    return f"self.{path[0]}" if len(path) == 1 else f'self.get_submodule("{".".join(path)}")'


class _Writer:
    def __init__(
        self,
        block: Block,
        written: Written,
        around: Around,
        counted: Container[str],
    ) -> None:
        self.block, self.written, self.around, self.counted = block, written, around, counted
        self.lines: list[str] = []
        ends = [(len(block.steps), value) for value in block.outputs]
        reads = [(i, value) for i, step in enumerate(block.steps) for value in step.inputs]
        self.uses = Counter(value for _, value in [*reads, *ends])
        self.inputs = [_letter(index) for index in range(len(block.inputs))]
        self.names = {Value(-1, index): name for index, name in enumerate(self.inputs)}
        given = [(-1, value) for value in self.names]  # also those that no step reads
        self.last_use = {value: index for index, value in [*given, *reads, *ends]}
        self.tensors = set(self.inputs)
        """Variables that the type checker knows to be tensors."""
        self.untyped: set[str] = set()
        """Variables that several outputs of a module were first bound to, of no known type."""
        self.pending: _Pending | None = None

    def add(self, index: int, step: Step) -> None:
        if self.pending and not self._nests(step, self.pending.value):
            self._assign(index)
        reads: Sequence[Value] = self.pending.reads if self.pending else step.inputs
        values = [self.pending.text] if self.pending else [self.names[v] for v in step.inputs]
        around = values[:1] if step.block else [self.around(step.node.layer, values[0])]
        if around != values[:1]:
            values, reads = self._surrounded(index, step, around[0], reads)
        expression = self.written(step, values)
        text = expression or f"{attribute(step.path)}({', '.join(values)})"
        if step.outputs == 1:
            self.pending = _Pending(Value(index, 0), text, reads, not expression)
        else:
            targets = [Value(index, output) for output in range(step.outputs)]
            self._write(targets, text, reads, index + 1)

    def _surrounded(
        self, index: int, step: Step, text: str, reads: Sequence[Value]
    ) -> tuple[list[str], Sequence[Value]]:
        """A layer's input with what goes around it, in a line of its own where that is long."""
        if self._width(f"{attribute(step.path)}({text})") <= _ROOM:
            return [text], reads
        value = Value(index, -1)
        self.uses[value], self.last_use[value] = 1, index
        self._write([value], text, reads, index + 1)
        return [self.names[value]], (value,)

    def finish(self) -> None:
        outputs = self.block.outputs
        if self.pending and (
            self.pending.value not in outputs or (len(outputs) == 1 and self.pending.is_module)
        ):
            self._assign(len(self.block.steps))
        texts = [self._text(value) for value in outputs]
        if self.pending and len(texts) > 1 and self._width(", ".join(texts)) > _ROOM:
            self._assign(len(self.block.steps))
            texts = [self._text(value) for value in outputs]
        if len(texts) == 1 and texts[0].isidentifier() and texts[0] not in self.tensors:
            self.lines += [f"result: Tensor = {texts[0]}"]
            texts = ["result"]
        self.lines.append(f"return {', '.join(texts)}")

    def _text(self, value: Value) -> str:
        return (
            self.pending.text if self.pending and self.pending.value == value else self.names[value]
        )

    def _nests(self, step: Step, value: Value) -> bool:
        """Whether `step` is written around the expression, not in a line of its own."""
        if step.block or step.inputs != (value,) or self.uses[value] != 1:
            return False
        layer = step.node.layer
        if self.around(layer, "") or self.written(step, [""]):
            return False
        if self.pending:
            inner = self._width(self.pending.text)
            if inner > _LONGEST or inner + self._width(f"{attribute(step.path)}()") > _ROOM:
                return False
        return all(len(shape) == 1 for shape in layer.weights().values())

    def _width(self, text: str) -> int:
        """How long an expression becomes."""
        looked_up = sum(name in self.counted for name in re.findall(r"self\.(\w+)\(", text))
        return len(text) + looked_up * len('get_submodule("")')

    def _assign(self, index: int) -> None:
        """Give the pending expression a name, before step `index`."""
        pending, self.pending = self.pending, None
        if pending:
            self._write([pending.value], pending.text, pending.reads, index)

    def _write(self, values: list[Value], text: str, reads: Sequence[Value], index: int) -> None:
        """`values = text`, in variables that are not read from step `index` on."""
        dead = dict.fromkeys(self.names[v] for v in reads if self.last_use[v] < index)
        self.names = {v: name for v, name in self.names.items() if self.last_use[v] >= index}
        taken = {*self.names.values(), *dead}
        fresh = (name for name in map(_letter, count()) if name not in taken)
        reused = iter(dead)
        free = chain(reused, fresh)
        spare = chain(reused if len(values) > 1 else (), repeat("_"))
        targets = [next(free) if self.uses[v] else next(spare) for v in values]
        self.names |= {v: n for v, n in zip(values, targets, strict=True) if self.uses[v]}
        self.lines.append(f"{self._declared(targets)} = {text}")

    def _declared(self, targets: list[str]) -> str:
        """The left side; a module's result is of no known type, but a variable can say so."""
        name = targets[0]
        if len(targets) > 1 or name == "_":
            self.untyped.update(set(targets) - self.tensors)
            return ", ".join(targets)
        declared = name in self.tensors | self.untyped
        self.tensors |= {name} - self.untyped
        return name if declared else f"{name}: Tensor"


_ROOM = 68
"""Characters that a line has left beside its indent and `x: Tensor = `."""

_LONGEST = 50
"""Characters of an expression that more is written around."""


def _letter(index: int) -> str:
    return "xyzuvw"[index] if index < 6 else f"x{index}"
