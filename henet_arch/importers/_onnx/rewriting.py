"""Operators replaced by others that compute the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .network import Missing, Network, Op, Value

Rewrite = Callable[[Op], Op | None]
"""From an operator to one that stands for it and for what it reads; None where it does not fit."""


def rewrite(network: Network, rewrites: Iterable[Rewrite]) -> None:
    """Try all rewrites on each operator, in order: later ones meet what earlier ones make."""
    kept = list(rewrites)
    ops = network.ops
    network.ops = []
    for op in ops:
        network.ops.append(_rewritten(op, kept))
    network.ops = [op for op in network.ops if op.alive]


def _rewritten(op: Op, rewrites: list[Rewrite]) -> Op:
    for each in rewrites:
        try:
            other = each(op)
        except Missing:
            continue
        if other is not None:
            replace(op, other)
            op = other
    return op


def instead(op: Op, kind: str, x: Value, attributes: dict[str, Any] | None = None) -> Op:
    """An operator of one input that gives what `op` gives."""
    return Op(kind, (x,), op.outputs, op.place, attributes or {}, "", op.version)


def replace(old: Op, new: Op) -> None:
    """Let `new` give what `old` gives; what nobody reads then is dropped."""
    for value in new.outputs:
        value.producer = new
    for read in new.inputs:
        if read is not None:
            read.users += 1
    release(old)


def release(op: Op) -> None:
    """Drop an operator, and those before it that only it reads."""
    dropped = [op]
    while dropped:
        op = dropped.pop()
        op.alive = False
        for value in op.inputs:
            if value is None:
                continue
            value.users -= 1
            before = value.producer
            if before is not None and before.alive and not any(v.users for v in before.outputs):
                dropped.append(before)


def drop_measured(network: Network) -> None:
    """Drop operators of which only the sizes were asked for."""
    for op in reversed(network.ops):
        if (
            op.alive
            and not any(v.users for v in op.outputs)
            and any(v.measured for v in op.outputs)
        ):
            release(op)
    network.ops = [op for op in network.ops if op.alive]


def sole(value: Value | None, kind: str = "") -> Op | None:
    """What gives a value that is read once, if it is an operator of that kind.

    What a layer gives in a file that we wrote is read by others, of which it is no part.
    """
    if value is None or value.users != 1 or value.producer is None:
        return None
    op = value.producer
    if op.place.layer == value.name:
        return None
    standard = op.domain == "" and op.output is value and not any(v.users for v in op.outputs[1:])
    return op if standard and kind in ("", op.kind) else None


def inner(value: Value | None, kind: str = "") -> Op | None:
    """The same inside of a layer of a file that we wrote, where all is for a reason."""
    op = sole(value, kind)
    return op if op and op.place.layer else None


def number(value: Value | None) -> float | None:
    """The number that all elements of a constant are; None for anything else."""
    return value.constant.uniform() if value is not None and value.constant is not None else None


def sides(op: Op) -> tuple[Value, Value] | None:
    """Both inputs of an operator of two, the constant last where there is one."""
    if len(op.inputs) != 2 or None in op.inputs:
        return None
    one, other = op.value(0), op.value(1)
    return (other, one) if one.constant is not None else (one, other)


def close(value: float | None, wanted: float) -> bool:
    """Whether a number is the wanted one, as rounded to 16 bits or more."""
    return value is not None and abs(value - wanted) <= 1e-3 * max(1e-3, abs(wanted))
