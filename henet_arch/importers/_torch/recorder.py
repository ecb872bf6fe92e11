"""A module of PyTorch as a trace of its operators, by running it once on tensors without numbers.

Every function of PyTorch that its code calls is noted, with its arguments, the modules around it
and the line that calls it. The images are as many as no other size is a multiple of, so that each
size says how it depends on their number. `torch.export` gives the same operators in ten times the
time.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from inspect import Parameter, signature
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
from .calls import FACTORIES, IMAGES, arguments, sizes_images, sizes_of
from .held import Held
from .trace import Frame, Operation, Trace, memory_of, type_of

_LONGEST = 120
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
        recorder.held.enter(key, tensor, metas[id(tensor)], is_parameter=is_parameter)
    for key, image in inputs.items():
        recorder.held.bind(image, key)
    with _recording(recorder):
        swapped = {key: metas[id(tensor)] for key, tensor in state.items()}
        if by_place(module, inputs):
            output = torch.func.functional_call(module, swapped, tuple(inputs.values()))
        else:
            output = torch.func.functional_call(module, swapped, (), inputs)
    return Trace(
        name,
        {key: (key, sizes_of(image), type_of(image)) for key, image in inputs.items()},
        recorder.held.tensors,
        tuple(recorder.operations),
        tuple(recorder.held[t].name for t in tree_leaves(output) if isinstance(t, torch.Tensor)),
        None,
    )


def by_place(module: nn.Module, inputs: Iterable[str]) -> bool:
    """Whether the one input is the first argument of `forward`; others are given by their names."""
    name, *others = inputs
    arguments = signature(module.forward).parameters
    first = next(iter(arguments.values()), None)
    if others or first is None or first.kind is Parameter.VAR_POSITIONAL:
        return not others
    named = (Parameter.KEYWORD_ONLY, Parameter.VAR_KEYWORD)
    return first.name == name and first.kind not in named


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
        self.held = Held()
        self._paths = {id(own): path for path, own in reversed(list(module.named_modules()))}
        self._frames: list[Frame] = []
        self._calls = count()

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
            args, kwargs = tree_map(self.held.without_numbers, (args, kwargs))
        if func is torch.Tensor.__getitem__:
            return self._item(*args)
        if func is torch.Tensor.__setitem__ and _is_basic(args[1]) and len(given) > 1:
            return self._set_item(*args)
        return self._run(word, func, args, kwargs)

    def _run(self, word: str, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        if word in FACTORIES and "device" not in kwargs and sizes_images((args, kwargs)):
            kwargs = kwargs | {"device": "meta"}  # for all images it has too many numbers
        noted = arguments(word, args, kwargs, self.held)
        output = _alike(word, *args) if _is_alike(word, args) else func(*args, **kwargs)
        result = args[0] if word == "__setitem__" else output
        if tensors := [*_tensors(result)]:
            first = next(_tensors((args, kwargs)), None)
            self._note(word, noted, first, tensors, many=not isinstance(result, torch.Tensor))
        return output

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
            self.held.overwrite(tensors[0], is_told=not word.endswith("__"))
        self.operations.append(
            Operation(
                tuple(names),
                f"aten.{word}",
                noted[0],
                noted[1],
                tuple(map(sizes_of, tensors)),
                tuple(map(type_of, tensors)),
                tuple(self._frames),
                _line(),
                is_view,
            )
        )
        for tensor, own in zip(tensors, names, strict=True):
            self.held.bind(tensor, own, is_view=is_view)

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
        noted = arguments("slice", (tensor, axis, start, end, step), {}, self.held)
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


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    """The tensors in arguments or a result, which are seldom nested."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _tensors(item)
    elif not isinstance(value, bool | int | float | str | None | slice):
        yield from (leaf for leaf in tree_leaves(value) if isinstance(leaf, torch.Tensor))


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
