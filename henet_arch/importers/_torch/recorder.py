"""A module of PyTorch as a trace of its operators, by running it once on tensors without numbers.

Every function of PyTorch that its code calls is noted, with its arguments, the modules around it
and the line that calls it. The images are as many as no other size is a multiple of, so that each
size says how it depends on their number. `torch.export` gives the same operators in ten times the
time.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import count
from os.path import basename
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

from ...ir.dims import Shape
from ...ir.graph import Decision
from ...support.printable import brief
from .trace import Batch, Frame, Operation, Ref, Sizes, Tensor, Trace, memory_of, type_of

IMAGES = 7919
"""A prime, of which no size of a network is a multiple."""
_LONGEST = 120
_TAKES_SIZES = frozenset({"view", "reshape", "permute", "expand", "repeat", "tile", "flip"})
"""Methods that take sizes one by one, or as a list."""
_TORCH = f"{Path(torch.__file__).parent}/"
_OURS = f"{Path(__file__).parents[2]}/"
_ALIKE = frozenset(
    [
        "batch_norm", "instance_norm", "layer_norm", "group_norm", "gelu", "silu", "silu_", "mish",
        "mish_", "hardswish", "hardswish_", "hardsigmoid", "hardsigmoid_", "sigmoid", "sigmoid_",
        "relu", "relu_", "hardtanh", "hardtanh_", "dropout",
    ]
)  # fmt: skip
"""Functions that give what has the sizes of their input, which PyTorch finds out slowly."""
_JOINS = frozenset({"add", "add_", "mul", "mul_", "sub", "sub_"})
"""Functions that do so where both of their inputs have the same."""
_QUESTIONS = frozenset(
    {"device", "dim", "dtype", "is_floating_point", "ndim", "numel", "shape", "size"}
)
"""What asks of a tensor what is no tensor."""
_CHECKED = (torch.nn.functional, torch.functional, torch._tensor)
"""Modules with functions in Python, which call others of PyTorch: those are the ones to note."""
_CHECKS = ("has_torch_function", "has_torch_function_unary", "has_torch_function_variadic")


class RecordingError(Exception):
    """The module does what a recording cannot show."""


def record(module: nn.Module, shapes: Mapping[str, Shape], name: str) -> Trace:
    """The operators that the module runs at inference.

    Args:
        module: In evaluation mode; its tensors are not touched.
        shapes: Of its inputs, by the arguments of `forward`.
        name: The network's.

    Raises:
        RecordingError: the module changes a tensor through another one.
        Exception: whatever its code raises on tensors without numbers.
    """
    state = _state(module)
    metas: dict[int, torch.Tensor] = {}
    for tensor in state.values():
        metas.setdefault(id(tensor), tensor.detach().to("meta"))
    floats = [t.dtype for t in state.values() if t.is_floating_point()]
    inputs = {
        key: torch.empty((IMAGES, *shape), dtype=(floats or [torch.float32])[0], device="meta")
        for key, shape in shapes.items()
    }
    recorder = _Recorder(module)
    for key, tensor in state.items():
        is_parameter = isinstance(tensor, nn.Parameter)
        recorder.hold(key, tensor, metas[id(tensor)], is_parameter=is_parameter)
    for key, image in inputs.items():
        recorder.bind(image, key)
    with _recording(recorder):
        swapped = {key: metas[id(tensor)] for key, tensor in state.items()}
        if len(inputs) == 1:
            output = torch.func.functional_call(module, swapped, tuple(inputs.values()))
        else:
            output = torch.func.functional_call(module, swapped, (), inputs)
    return Trace(
        name,
        {key: (key, _sizes(image), type_of(image)) for key, image in inputs.items()},
        recorder.tensors,
        tuple(recorder.operations),
        tuple(recorder.ref(t).name for t in tree_leaves(output) if isinstance(t, torch.Tensor)),
        None,
    )


def _state(module: nn.Module) -> dict[str, torch.Tensor]:
    return {
        **dict(module.named_parameters(remove_duplicate=False)),
        **dict(module.named_buffers(remove_duplicate=False)),
    }


@contextmanager
def _recording(recorder: _Recorder) -> Iterator[None]:
    """PyTorch's functions in Python run as they are, and those that they call are noted."""
    kept = [
        (part, name, getattr(part, name))
        for part in _CHECKED
        for name in _CHECKS
        if hasattr(part, name)
    ]
    fast = torch.backends.mha.get_fastpath_enabled()
    with ExitStack() as stack:
        for handle in (
            register_module_forward_pre_hook(recorder.enter),
            register_module_forward_hook(recorder.leave, always_call=True),
        ):
            stack.callback(handle.remove)
        stack.callback(torch.backends.mha.set_fastpath_enabled, fast)
        torch.backends.mha.set_fastpath_enabled(False)
        for part, name, value in kept:
            stack.callback(setattr, part, name, value)
            setattr(part, name, _never)
        stack.enter_context(torch.no_grad())
        stack.enter_context(recorder)
        yield


def _never(*arguments: Any) -> bool:
    return False


class _Recorder(TorchFunctionMode):
    """Notes what runs."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.operations: list[Operation] = []
        self.tensors: dict[str, Tensor] = {}
        self._refs: dict[int, Ref] = {}
        """What each tensor holds now, by identity."""
        self._kept: list[Any] = []
        """All tensors, so that none gets the identity of another."""
        self._storages: dict[int, set[int]] = {}
        """The tensors, by identity, of each piece of memory."""
        self._explained: set[int] = set()
        """Tensors of which the operations tell what else lies in their memory."""
        self._stale: set[int] = set()
        """Tensors that were changed through another one of which they do not."""
        self._metas: dict[int, torch.Tensor] = {}
        """Constants of the code without their numbers, by their identity."""
        self._paths = {id(own): path for path, own in reversed(list(module.named_modules()))}
        self._frames: list[Frame] = []
        self._calls = count()

    def bind(self, tensor: torch.Tensor, name: str) -> None:
        """Say what the tensor holds from here on."""
        self._refs[id(tensor)] = Ref(name)
        self._kept.append(tensor)
        if not self._sharing(tensor):
            self._explained.add(id(tensor))
        self._storages.setdefault(memory_of(tensor), set()).add(id(tensor))

    def hold(
        self, name: str, value: torch.Tensor, meta: torch.Tensor, *, is_parameter: bool = False
    ) -> None:
        """Enter a parameter, buffer or constant; one that has a name keeps it."""
        if id(meta) in self._refs:
            return
        self.tensors[name] = Tensor.of(name, value, is_parameter=is_parameter)
        self.bind(meta, name)

    def ref(self, tensor: torch.Tensor) -> Ref:
        """What the tensor holds now."""
        if id(tensor) in self._stale:
            raise RecordingError("a tensor was changed through another one")
        if id(tensor) not in self._refs:
            raise RecordingError("a tensor comes from outside PyTorch's functions")
        return self._refs[id(tensor)]

    def enter(self, module: nn.Module, inputs: Any) -> None:
        """A module begins."""
        if path := self._paths.get(id(module)):
            self._frames.append(Frame(f"{path}@{next(self._calls)}", path, type(module).__name__))

    def leave(self, module: nn.Module, inputs: Any, output: Any) -> None:
        """A module ends."""
        if self._paths.get(id(module)):
            self._frames.pop()

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        word = _word(func)
        if word in _QUESTIONS:
            return func(*args, **kwargs)
        given = [*_tensors(args), *_tensors(kwargs)]
        if not all(tensor.is_meta for tensor in given):
            if not any(tensor.is_meta for tensor in given):
                return func(*args, **kwargs)  # of constants: they have numbers
            args, kwargs = tree_map(self._without_numbers, (args, kwargs))
        if func is torch.Tensor.__getitem__:
            return self._item(*args)
        if func is torch.Tensor.__setitem__ and _is_basic(args[1]) and len(given) > 1:
            return self._set_item(*args)
        return self._run(word, func, args, kwargs)

    def _without_numbers(self, value: Any) -> Any:
        if not isinstance(value, torch.Tensor) or value.is_meta:
            return value
        if id(value) not in self._metas:
            self._kept.append(value)
            self._metas[id(value)] = meta = value.detach().to("meta")
            self.hold(f"constant{len(self._metas)}", value, meta)
        return self._metas[id(value)]

    def _run(self, word: str, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        noted = self._arguments(word, args, kwargs)
        output = _alike(word, *args) if _is_alike(word, args) else func(*args, **kwargs)
        result = args[0] if word == "__setitem__" else output
        if tensors := [*_tensors(result)]:
            first = next(_tensors((args, kwargs)), None)
            self._note(word, noted, first, tensors, many=not isinstance(result, torch.Tensor))
        return output

    def _arguments(
        self, word: str, args: Any, kwargs: dict[str, Any]
    ) -> tuple[str, dict[str, Any]] | None:
        """The overload, and the arguments by name; None where they hold what has no place."""
        if "input" in kwargs and not args:  # PyTorch's word for an operator's `self`
            args, kwargs = (kwargs["input"],), {k: v for k, v in kwargs.items() if k != "input"}
        overload, schema, args = _resolved(word, args, kwargs)
        if schema is None:
            named = {str(index): value for index, value in enumerate(args)} | kwargs
        else:
            named = {
                argument.name: _listed(
                    argument,
                    args[index]
                    if index < len(args)
                    else kwargs.get(argument.name, argument.default_value),
                )
                for index, argument in enumerate(schema.arguments)
            }
            if kwargs.keys() - named.keys():
                raise RecordingError(f"{word} takes an argument that its operator does not name")
        try:
            return overload, {name: self._value(value) for name, value in named.items()}
        except _MissingError:
            return None

    def _value(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            if id(value) not in self._refs:
                raise _MissingError
            return self.ref(value)
        if isinstance(value, list | tuple):
            return [self._value(item) for item in value]
        if isinstance(value, bool | float | str) or value is None:
            return value
        if isinstance(value, int):
            return _size(value)
        return str(value)

    def _note(
        self,
        word: str,
        noted: tuple[str, dict[str, Any]] | None,
        first: torch.Tensor | None,
        tensors: list[Any],
        *,
        many: bool,
    ) -> None:
        if noted is None:
            return
        is_view = first is not None and {memory_of(first)} == set(map(memory_of, tensors))
        name = f"{word.strip('_')}_{len(self.operations)}"
        names = [f"{name}.{index}" for index in range(len(tensors))] if many else [name]
        if word.endswith("_"):
            self._overwrite(tensors[0], is_told=not word.endswith("__"))
        self.operations.append(
            Operation(
                tuple(names),
                f"aten.{word}",
                noted[0],
                noted[1],
                tuple(map(_sizes, tensors)),
                tuple(map(type_of, tensors)),
                tuple(self._frames),
                _line(),
                is_view,
            )
        )
        for tensor, own in zip(tensors, names, strict=True):
            if is_view:
                self._explained.add(id(tensor))
            self.bind(tensor, own)

    def _sharing(self, tensor: torch.Tensor) -> set[int]:
        """Others in its memory."""
        return self._storages.get(memory_of(tensor), set()) - {id(tensor)}

    def _overwrite(self, tensor: torch.Tensor, *, is_told: bool) -> None:
        """Others in the same memory no longer hold what was noted of them.

        The operations tell what they hold where an operator that `is_told` to work in place changed
        what they explain.
        """
        others = self._sharing(tensor)
        if not (is_told and self._explained.issuperset({id(tensor), *others})):
            self._stale |= others

    def _item(self, tensor: torch.Tensor, index: Any) -> Any:
        """`tensor[index]` as the operators that it stands for."""
        if not _is_basic(index):
            return self._run("index", torch.Tensor.__getitem__, (tensor, index), {})
        parts = _parts(index)
        taken = sum(p is not None and p is not Ellipsis for p in parts)
        if Ellipsis in parts:
            place = parts.index(Ellipsis)
            parts[place : place + 1] = [slice(None)] * (tensor.dim() - taken)
        axis = 0
        for part in parts:
            if part is None:
                tensor = self._run("unsqueeze", torch.unsqueeze, (tensor, axis), {})
                axis += 1
            elif isinstance(part, int):
                tensor = self._run("select", torch.select, (tensor, axis, part), {})
            else:
                if part != slice(None):
                    tensor = self._slice(tensor, axis, part)
                axis += 1
        return tensor

    def _set_item(self, tensor: torch.Tensor, index: Any, value: torch.Tensor) -> None:
        """`tensor[index] = value` as the operators that it stands for."""
        part = self._item(tensor, index)
        if _place(part) != _place(value):  # else `tensor[index] += 1`, which has changed it
            self._run("copy_", torch.Tensor.copy_, (part, value), {})

    def _slice(self, tensor: torch.Tensor, axis: int, part: slice) -> torch.Tensor:
        start, stop, step = part.start or 0, part.stop, part.step or 1
        key = (*[slice(None)] * axis, part)
        end = sys.maxsize if stop is None else stop
        noted = self._arguments("slice", (tensor, axis, start, end, step), {})
        result = torch.Tensor.__getitem__(tensor, key)
        self._note("slice", noted, tensor, [result], many=False)
        return result


def _parts(index: Any) -> list[Any]:
    return list(index) if isinstance(index, tuple) else [index]


def _is_basic(index: Any) -> bool:
    """Whether it is of numbers and slices, so that what it gives lies in the same memory."""
    kinds = (int, slice, type(None), type(Ellipsis))
    return all(isinstance(p, kinds) and not isinstance(p, bool) for p in _parts(index))


def _place(tensor: torch.Tensor) -> tuple[Any, ...]:
    """Where its elements lie."""
    return memory_of(tensor), tensor.storage_offset(), tensor.size(), tensor.stride()


class _MissingError(Exception):
    """An argument is a tensor that nothing has made."""


def _resolved(word: str, args: Any, kwargs: dict[str, Any]) -> tuple[str, Any, Any]:
    """The overload of `aten.word` that takes the arguments, its schema, and the arguments."""
    packet = getattr(torch.ops.aten, word, None)
    if packet is None:
        return "", None, args
    if word in _TAKES_SIZES and len(args) > 1 and isinstance(args[1], int):
        args = (args[0], list(args[1:]))
    try:
        small = [_stand_in(value) for value in args]
        named = {name: _stand_in(value) for name, value in kwargs.items()}
        overload = torch._C._jit_resolve_packet(f"aten::{word}", *small, **named)
    except (RuntimeError, TypeError):  # a number stands for a list of equal ones
        overload = "default" if hasattr(packet, "default") else ""
    if not overload:
        return "", None, args
    return overload, getattr(packet, overload)._schema, args


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    """The tensors in arguments or a result, which are seldom nested."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _tensors(item)
    elif not isinstance(value, bool | int | float | str | None | slice):
        yield from (leaf for leaf in tree_leaves(value) if isinstance(leaf, torch.Tensor))


def _stand_in(value: Any) -> Any:
    """A tensor of one element: PyTorch runs over all of one that stands where a list may."""
    return _one(value.dtype) if isinstance(value, torch.Tensor) else value


@cache
def _one(type_: torch.dtype) -> torch.Tensor:
    return torch.empty(1, dtype=type_, device="meta")


def _listed(argument: Any, value: Any) -> Any:
    """A number as a list, where the operator takes a list of a fixed length."""
    return [value] * argument.N if argument.N and isinstance(value, int) else value


def _word(func: Any) -> str:
    name: str = getattr(func, "__name__", str(func))
    if name == "__get__":
        return str(getattr(func.__self__, "__name__", name))
    return name


def _is_alike(word: str, args: Any) -> bool:
    """Whether the result has the sizes and the type of the first argument."""
    if word in _JOINS and len(args) == 2 and isinstance(args[1], torch.Tensor):
        return bool(args[0].shape == args[1].shape and args[0].dtype == args[1].dtype)
    return word in _ALIKE and bool(args)


def _alike(word: str, first: torch.Tensor, *others: Any) -> torch.Tensor:
    """What a function gives that keeps the sizes: its input where it works in place."""
    return first if word.endswith("_") else first.new_empty(first.shape)


def _size(value: int) -> Any:
    return Batch(value // IMAGES) if value and value % IMAGES == 0 else value


def _sizes(tensor: torch.Tensor) -> Sizes:
    return tuple(map(_size, tensor.shape))


def _line() -> tuple[Decision, ...]:
    """The last line outside PyTorch that runs, as a reason; none where the module has no code."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back  # type: ignore[assignment]
    while frame is not None and not frame.f_code.co_filename.startswith(_OURS):
        path = frame.f_code.co_filename
        if not path.startswith((_TORCH, "<")):
            code = brief(linecache.getline(path, frame.f_lineno).strip())[:_LONGEST]
            place = f"{basename(path)}:{frame.f_lineno}"
            return (Decision("source", code or "no source", place),)
        frame = frame.f_back  # type: ignore[assignment]
    return ()
