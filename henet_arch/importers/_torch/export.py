"""A module of PyTorch as a trace of its operators, by `torch.export`.

The module's own code runs, on tensors without values, and the module comes back as it was.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any

from ...ir.dims import Shape, format_shape
from ...support.errors import SourceError
from ..importer import InputShape
from .failures import failure
from .program import read_program
from .recorder import by_place, record
from .trace import Trace

if TYPE_CHECKING:
    from torch import nn

BATCH = 13
"""How many images an export has: a number that is seldom a size of something else."""


def export(module: nn.Module, input_shape: InputShape) -> Trace:
    """The operators that the module runs at inference.

    The module runs once on tensors without values, and its operators are noted; where its code
    needs more than that, `torch.export` finds them, which takes ten times as long. The number of
    images is left open where the code allows it.

    Args:
        module: Any module, in any mode, on any device; the meta device is enough.
        input_shape: `(C, H, W)` of the first argument of `forward`, or shapes by argument.

    Raises:
        SourceError: `forward` has no such arguments.
        RunError: the module fails on such inputs, or branches on their values.
    """
    shapes = _by_argument(module, input_shape)
    with _as_it_was(module), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _first(
            lambda: record(module, shapes, _title(module)),
            lambda: _exported(module, shapes, is_open=True),
            lambda: _exported(module, shapes, is_open=False),
            failed=lambda error: failure(error, _title(module), shapes),
        )


def _first(*ways: Callable[[], Trace], failed: Callable[[Exception], Exception]) -> Trace:
    """What the first way gives that works; the last one's error where none does."""
    for way in ways[:-1]:
        with suppress(Exception):
            return way()
    try:
        return ways[-1]()
    except Exception as error:
        raise failed(error) from None


def _exported(module: nn.Module, shapes: Mapping[str, Shape], *, is_open: bool) -> Trace:
    import torch

    values = list(module.parameters()) + list(module.buffers())
    floats = [value.dtype for value in values if value.is_floating_point()]
    type_ = floats[0] if floats else torch.float32
    device = values[0].device if values else torch.device("cpu")
    inputs = {
        name: torch.empty((BATCH, *map(int, shape)), dtype=type_, device=device)
        for name, shape in shapes.items()
    }
    sizes = {0: torch.export.Dim.AUTO} if is_open else None
    positional = by_place(module, inputs)
    with torch.no_grad(), _in_silence():
        program = torch.export.export(
            module,
            tuple(inputs.values()) if positional else (),
            None if positional else inputs,
            dynamic_shapes=(sizes,) if positional else dict.fromkeys(inputs, sizes),
            strict=False,
        )
    return read_program(program, module, _title(module), BATCH)


def _title(module: nn.Module) -> str:
    return type(module).__name__


def _by_argument(module: nn.Module, input_shape: InputShape) -> Mapping[str, Shape]:
    """The shapes by the arguments of `forward`.

    Raises:
        SourceError: `forward` has no such arguments, or needs more of them.
    """
    arguments = signature(module.forward).parameters
    named = {
        name: argument.default is Parameter.empty
        for name, argument in arguments.items()
        if argument.kind not in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    }
    needed = [name for name, is_needed in named.items() if is_needed]
    if isinstance(input_shape, Mapping):
        given = dict(input_shape)
    else:
        given = {next(iter(named), "input"): input_shape}
    takes_any = any(a.kind is Parameter.VAR_KEYWORD for a in arguments.values())
    unknown = [name for name in given if name not in named] if named and not takes_any else []
    missing = [name for name in needed if name not in given]
    if unknown or missing or not given:
        raise SourceError(
            f"{_title(module)} takes the inputs {', '.join(named) or 'none'}, "
            f"not {', '.join(given) or 'none'}",
            where=f"{_title(module)}.forward",
            fix="a shape for each: " + ", ".join(f"{name}=3x224x224" for name in needed or named),
        )
    for name, shape in given.items():
        if not shape or not all(isinstance(size, int) and 0 < size < 2**31 for size in shape):
            raise SourceError(f"{name} is {format_shape(tuple(shape))}: sizes are 1 or more")
    return given


@contextmanager
def _as_it_was(module: nn.Module) -> Iterator[None]:
    """The module in evaluation mode, and afterwards as it was, whatever its code has changed."""
    kept = [(part, dict(part.__dict__), _copies(part)) for part in module.modules()]
    try:
        for part, _, _ in kept:
            part.training = False
        yield
    finally:
        for part, state, copies in kept:
            part.__dict__.clear()
            part.__dict__.update(state)
            for name, items in copies.items():
                state[name].clear()
                state[name].update(items)


@contextmanager
def _in_silence() -> Iterator[None]:
    """Without what PyTorch logs and prints of a way that fails."""
    level = logging.root.manager.disable
    logging.disable()
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(level)


def _copies(part: nn.Module) -> dict[str, dict[Any, Any]]:
    """The dictionaries in which PyTorch keeps parameters, buffers, modules and hooks."""
    return {
        name: dict(items)
        for name, items in part.__dict__.items()
        if name.startswith("_") and isinstance(items, dict)
    }
